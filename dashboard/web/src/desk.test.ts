import { beforeEach, describe, expect, test, vi } from "vitest";
import type { SymbolInfo } from "./api.ts";
import { ownList, setupDesk as setup } from "./desk.fixture.ts";
import { nothingSaved } from "./saved.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
const settle = () => vi.advanceTimersByTimeAsync(0);

describe("the list", () => {
  test("of a newcomer is the server's default one, which is not taken for a choice", async () => {
    const { desk, sockets, kept } = await setup(nothingSaved);
    expect(desk.symbols.value).toEqual(["A", "B"]);
    expect(sockets.last().url).toContain("symbols=A,B");
    desk.sortBy("symbol");
    expect(kept()).toMatchObject({ choice: null, lists: [] });
    expect(desk.fresh).toBe(true);
  });

  test("becomes the reader's own once it is changed, and the server's stays what it was", async () => {
    const { desk, kept } = await setup(nothingSaved);
    desk.add({ symbol: "C", name: "C Inc." });
    expect(desk.note.value?.text).toBe("C added in “My main”, your copy.");
    expect(kept().lists).toEqual([{ name: "My main", symbols: ["A", "B", "C"] }]);
    desk.note.value?.undo?.();
    expect(kept()).toMatchObject({ lists: [], choice: null });
    expect(desk.symbols.value).toEqual(["A", "B"]);
  });

  test("of the reader's own is changed in place", async () => {
    const { desk, kept } = await setup();
    desk.add({ symbol: "C", name: "C Inc." });
    desk.remove("A");
    expect(kept().lists[0]?.symbols).toEqual(["B", "C"]);
    expect(desk.note.value?.text).toBe("A removed.");
    desk.note.value?.undo?.();
    expect(kept().lists[0]?.symbols).toEqual(["A", "B", "C"]);
    desk.move("C", "A");
    expect(desk.symbols.value).toEqual(["C", "A", "B"]);
    desk.reset();
    await settle();
    expect(desk.symbols.value).toEqual(["A", "B"]);
    expect(kept().lists).toHaveLength(1); // what was made stays
  });

  test("is asked for again as soon as a server that could not tell it answers", async () => {
    const { desk, says, hello } = await setup(nothingSaved, 1);
    expect(desk.symbols.value).toBeNull();
    expect(desk.failure.value).not.toBeNull();
    says(hello());
    await settle();
    expect(desk.symbols.value).toEqual(["A", "B"]);
    expect(desk.failure.value).toBeNull();
  });

  test("is ranked by what is asked for, and filtered by symbol, name and sector", async () => {
    const { desk, says, hello, snapshot } = await setup(ownList("A", "B", "C"));
    says(hello(), snapshot(1, { s: "A", p: 1, pc: 2 }, { s: "B", p: 3, pc: 2 }));
    await settle();
    desk.sortBy("percent");
    expect(desk.ranked()).toEqual(["B", "A", "C"]);
    desk.sortBy("percent");
    expect(desk.ranked()).toEqual(["A", "B", "C"]);
    desk.unsort();
    desk.filter.value = " c inc";
    expect(desk.ranked()).toEqual(["C"]);
    desk.filter.value = "early";
    expect(desk.ranked()).toEqual(["A", "B"]);
  });

  test("that the server has no longer gives way to its default", async () => {
    const { desk } = await setup({ ...nothingSaved, choice: { kind: "server", name: "gone" } });
    expect(desk.choice.value).toEqual({ kind: "server", name: "main" });
  });
});

describe("ready-made lists", () => {
  test("are the sectors and everything", async () => {
    const { desk, sockets, says, hello, snapshot } = await setup();
    says(hello(), snapshot(1));
    desk.choose({ kind: "sector", name: "Late" });
    await settle();
    expect(desk.symbols.value).toEqual(["C", "Z"]);
    expect([...desk.sectors.value.keys()]).toEqual(["Early", "Late"]);
    desk.choose({ kind: "all" });
    await settle();
    expect(desk.symbols.value).toEqual(["A", "B", "C", "Z"]);
    await vi.advanceTimersByTimeAsync(1);
    const symbols = sockets.last().sent.map((message) => message["symbols"]);
    expect(symbols).toContainEqual(["*"]);
  });

  test("can be walked through", async () => {
    const { desk } = await setup();
    const seen = [];
    for (let i = 0; i < 5; i++) {
      seen.push(desk.title(desk.choice.value));
      desk.step(1);
      await settle();
    }
    expect(seen).toEqual(["Mine", "other", "main", "All symbols", "Mine"]);
    desk.step(-1);
    expect(desk.title(desk.choice.value)).toBe("Mine");
  });
});

describe("lists with names", () => {
  test("are made, renamed, copied and deleted, and that can be taken back", async () => {
    const { desk, kept } = await setup();
    expect(desk.create("Mine", [])).toBe("Mine 2");
    expect(desk.symbols.value).toEqual([]);
    desk.rename("Mine 2", "  Metals ");
    expect(desk.choice.value).toEqual({ kind: "own", name: "Metals" });
    desk.rename("Metals", "Mine"); // taken
    expect(desk.choice.value).toEqual({ kind: "own", name: "Mine 2" });
    desk.choose({ kind: "server", name: "other" });
    desk.copy("Others");
    expect(kept().lists.map(({ name, symbols }) => [name, ...symbols])).toEqual([
      ["Mine", "A", "B"],
      ["Mine 2"],
      ["Others", "Z"],
    ]);
    desk.discard("Others");
    expect(kept().lists).toHaveLength(2);
    expect(desk.choice.value).toEqual({ kind: "server", name: "main" });
    desk.note.value?.undo?.();
    expect(desk.choice.value).toEqual({ kind: "own", name: "Others" });
    expect(kept().lists).toHaveLength(3);
  });

  test("are imported once it is known which of their symbols exist", async () => {
    const { desk, kept } = await setup();
    const look = await desk.look(["NYSE:C", "NOPE", "A", "A"]);
    // "NYSE:C" itself is known to this server; one that is not loses its exchange.
    expect(look).toEqual({ symbols: ["NYSE:C", "A"], unknown: ["NOPE"] });
    desk.import("From elsewhere", look.symbols);
    expect(kept().lists.at(-1)).toEqual({ name: "From elsewhere", symbols: ["NYSE:C", "A"] });
    expect(desk.note.value?.text).toBe("2 symbols imported as “From elsewhere”.");
  });
});

describe("an address", () => {
  test("wins over what is kept, and changes nothing of it until it is copied", async () => {
    const { desk, kept, sockets } = await setup(ownList("A"), 0, {
      symbols: ["B", "C"],
      name: "Theirs",
      sort: { column: "last", direction: "ascending" },
    });
    expect(desk.symbols.value).toEqual(["B", "C"]);
    expect(sockets.last().url).toContain("symbols=B,C");
    expect(desk.title(desk.choice.value)).toBe("Theirs");
    desk.setLayout(desk.layout.value);
    expect(kept()).toMatchObject({ lists: [{ name: "Mine", symbols: ["A"] }], sort: null });
    desk.copy("Theirs");
    expect(kept().lists.at(-1)).toEqual({ name: "Theirs", symbols: ["B", "C"] });
  });

  test("can ask for everything", async () => {
    const { desk, sockets } = await setup(nothingSaved, 0, { symbols: ["*"], name: null, sort: undefined });
    await settle();
    expect(desk.symbols.value).toEqual(["A", "B", "C", "Z"]);
    expect(sockets.last().url).toContain("symbols=*");
  });

  test("can ask for everything, which is asked for once though the stream begins before the answer", async () => {
    const { market, api, says, hello, snapshot } = await setup();
    let answer = (_: readonly SymbolInfo[]) => {};
    vi.mocked(api.everything).mockReturnValueOnce(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    void market.loadEverything();
    says(hello(), snapshot(1));
    await settle();
    expect(api.everything).toHaveBeenCalledTimes(1);
    answer([{ symbol: "A" }]);
    await settle();
    expect(market.everything.value).toEqual([{ symbol: "A" }]);
  });
});

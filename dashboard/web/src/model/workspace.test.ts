import { beforeEach, describe, expect, test, vi } from "vitest";
import type { SymbolInfo } from "./api.ts";
import { nothingSaved, ownList, setupWorkspace as setup } from "./workspace.fixture.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
const settle = () => vi.advanceTimersByTimeAsync(0);

describe("the list", () => {
  test("of a newcomer is the server's default one, which is not taken for a choice", async () => {
    const { workspace, sockets, kept } = await setup(nothingSaved);
    expect(workspace.symbols.value).toEqual(["A", "B"]);
    expect(sockets.last().url).toContain("symbols=A,B");
    workspace.sortBy("symbol");
    expect(kept()).toMatchObject({ choice: null, lists: [] });
    expect(workspace.fresh).toBe(true);
  });

  test("becomes the reader's own once it is changed, and the server's stays what it was", async () => {
    const { workspace, notes, kept } = await setup(nothingSaved);
    workspace.add({ symbol: "C", name: "C Inc." });
    expect(notes.current.value?.text).toBe("C added. Your copy of the list is “My main”.");
    expect(kept().lists).toEqual([{ name: "My main", symbols: ["A", "B", "C"] }]);
    notes.current.value?.undo?.();
    expect(kept()).toMatchObject({ lists: [], choice: null });
    expect(workspace.symbols.value).toEqual(["A", "B"]);
  });

  test("of the reader's own is changed in place", async () => {
    const { workspace, notes, kept } = await setup();
    workspace.add({ symbol: "C", name: "C Inc." });
    workspace.remove("A");
    expect(kept().lists[0]?.symbols).toEqual(["B", "C"]);
    expect(notes.current.value?.text).toBe("A removed.");
    notes.current.value?.undo?.();
    expect(kept().lists[0]?.symbols).toEqual(["A", "B", "C"]);
    workspace.move("C", "A");
    expect(workspace.symbols.value).toEqual(["C", "A", "B"]);
    workspace.move("C", "B");
    expect(workspace.symbols.value).toEqual(["A", "B", "C"]);
    workspace.reset();
    await settle();
    expect(workspace.symbols.value).toEqual(["A", "B"]);
    expect(kept().lists).toHaveLength(1); // what was made stays
  });

  test("is put in order beside the symbol that was meant, also where another window has moved what was between", async () => {
    const { workspace, saved, history } = await setup(ownList("A", "B", "C", "D"));
    workspace.move("A", "C");
    expect(workspace.symbols.value).toEqual(["B", "C", "A", "D"]);
    history.undo();
    const theirs = ["C", "D", "A", "B"]; // another window has moved C
    saved.edit("earlier:Mine", (list) => ({ ...list, symbols: theirs }));
    history.redo();
    expect(workspace.symbols.value).toEqual(["C", "A", "D", "B"]); // behind C, as it was
    history.undo();
    expect(workspace.symbols.value).toEqual(["C", "D", "A", "B"]); // before B, as it was
  });

  test("is asked for again as soon as a server that could not tell it answers", async () => {
    const { workspace, says, hello } = await setup(nothingSaved, 1);
    expect(workspace.symbols.value).toBeNull();
    expect(workspace.library.failure.value).not.toBeNull();
    says(hello());
    await settle();
    expect(workspace.symbols.value).toEqual(["A", "B"]);
    expect(workspace.library.failure.value).toBeNull();
  });

  test("is sorted as is asked for, and filtered by symbol, name and sector", async () => {
    const { workspace, says, hello, snapshot } = await setup(ownList("A", "B", "C"));
    says(hello(), snapshot(1, { s: "A", p: 1, pc: 2 }, { s: "B", p: 3, pc: 2 }));
    await settle();
    workspace.sortBy("percent");
    expect(workspace.sorted()).toEqual(["B", "A", "C"]);
    workspace.sortBy("percent");
    expect(workspace.sorted()).toEqual(["A", "B", "C"]);
    workspace.unsort();
    workspace.filter.value = " c inc";
    expect(workspace.sorted()).toEqual(["C"]);
    workspace.filter.value = "early";
    expect(workspace.sorted()).toEqual(["A", "B"]);
  });

  test("that the server has no longer gives way to its default", async () => {
    const { workspace } = await setup({ ...nothingSaved, choice: { kind: "server", name: "gone" } });
    expect(workspace.choice.value).toEqual({ kind: "server", name: "main" });
  });
});

describe("ready-made lists", () => {
  test("are the sectors and everything", async () => {
    const { workspace, sockets, says, hello, snapshot } = await setup();
    says(hello(), snapshot(1));
    workspace.choose({ kind: "sector", name: "Late" });
    await settle();
    expect(workspace.symbols.value).toEqual(["C", "Z"]);
    expect([...workspace.library.sectors.value.keys()]).toEqual(["Early", "Late"]);
    workspace.choose({ kind: "all" });
    await settle();
    expect(workspace.symbols.value).toEqual(["A", "B", "C", "Z"]);
    await vi.advanceTimersByTimeAsync(1);
    const symbols = sockets.last().sent.map((message) => message["symbols"]);
    expect(symbols).toContainEqual(["*"]);
  });

  test("can be walked through", async () => {
    const { workspace } = await setup();
    const seen = [];
    for (let i = 0; i < 5; i++) {
      seen.push(workspace.title.value);
      workspace.step(1);
      await settle();
    }
    expect(seen).toEqual(["Mine", "other", "main", "All symbols", "Mine"]);
    workspace.step(-1);
    expect(workspace.title.value).toBe("Mine");
  });
});

describe("lists with names", () => {
  test("are made, renamed, copied and deleted, and that can be taken back", async () => {
    const { workspace, notes, kept } = await setup();
    const rename = (name: string, to: string) =>
      workspace.rename(workspace.library.own.value.find((list) => list.name === name)?.id ?? "", to);
    expect(workspace.create("Mine", [])).toBe("Mine 2");
    expect(workspace.symbols.value).toEqual([]);
    rename("Mine 2", "  Metals ");
    expect(kept().choice).toEqual({ kind: "own", name: "Metals" });
    rename("Metals", "Mine"); // taken
    expect(kept().choice).toEqual({ kind: "own", name: "Mine 2" });
    workspace.choose({ kind: "server", name: "other" });
    workspace.copy("Others");
    expect(kept().lists.map(({ name, symbols }) => [name, ...symbols])).toEqual([
      ["Mine", "A", "B"],
      ["Mine 2"],
      ["Others", "Z"],
    ]);
    workspace.discard(workspace.library.own.value.find(({ name }) => name === "Others")?.id ?? "");
    expect(kept().lists).toHaveLength(2);
    expect(workspace.choice.value).toEqual({ kind: "server", name: "main" });
    notes.current.value?.undo?.();
    expect(kept().choice).toEqual({ kind: "own", name: "Others" });
    expect(kept().lists).toHaveLength(3);
  });

  test("come back as they were when they are undone after they were forgotten", async () => {
    const { workspace, kept, history } = await setup(nothingSaved);
    const turn = () => vi.advanceTimersByTimeAsync(1);
    workspace.create("X", ["A", "B"]);
    await turn();
    workspace.discard(workspace.library.own.value[0]?.id ?? "");
    for (let i = 0; i < 50; i++) {
      await turn();
      workspace.create(`${i}`, []);
      history.undo();
    }
    expect(kept().lists).toEqual([]);
    history.undo(); // of the deletion of X
    expect(kept().lists).toEqual([{ name: "X", symbols: ["A", "B"] }]);
  });

  test("that were forgotten stay so when an earlier change of theirs is undone", async () => {
    const { workspace, saved, kept, history } = await setup(nothingSaved);
    workspace.create("X", ["A"]);
    workspace.add({ symbol: "B" });
    // Another window deletes it, and fifty others after it.
    saved.remove(workspace.library.own.value[0]?.id ?? "");
    for (let i = 0; i < 50; i++) {
      await vi.advanceTimersByTimeAsync(1);
      saved.make(`${i}`, `${i}`, []);
      saved.remove(`${i}`);
    }
    history.undo();
    history.redo();
    expect(kept().lists).toEqual([]);
    history.undo();
    history.undo();
    expect(kept().lists).toEqual([]);
    history.redo(); // it is made again, as it was
    expect(kept().lists).toEqual([{ name: "X", symbols: ["A"] }]);
  });

  test("are imported once it is known which of their symbols exist", async () => {
    const { workspace, notes, kept } = await setup();
    const look = await workspace.lookUp(["NYSE:C", "NOPE", "A", "A"]);
    // "NYSE:C" itself is known to this server; one that is not loses its exchange.
    expect(look).toEqual({ symbols: ["NYSE:C", "A"], unknown: ["NOPE"] });
    workspace.import("From elsewhere", look.symbols, look.unknown);
    expect(kept().lists.at(-1)).toEqual({ name: "From elsewhere", symbols: ["NYSE:C", "A"] });
    expect(notes.current.value?.text).toBe("2 symbols imported as “From elsewhere”. Not known here: NOPE.");
  });
});

describe("an address", () => {
  test("wins over what is kept, and changes nothing of it until it is copied", async () => {
    const { workspace, kept, sockets } = await setup(ownList("A"), 0, {
      symbols: ["B", "C"],
      name: "Theirs",
      sort: { column: "last", direction: "ascending" },
    });
    expect(workspace.symbols.value).toEqual(["B", "C"]);
    expect(sockets.last().url).toContain("symbols=B,C");
    expect(workspace.title.value).toBe("Theirs");
    workspace.setLayout(workspace.layout.value);
    expect(kept()).toMatchObject({ ...ownList("A"), sort: null });
    workspace.copy("Theirs");
    expect(kept().lists.at(-1)).toEqual({ name: "Theirs", symbols: ["B", "C"] });
  });

  test("has its sort back when the reader's is undone, and leaves the one that is kept as it was", async () => {
    const { workspace, kept, history } = await setup(ownList("A"), 0, {
      symbols: null,
      name: null,
      sort: { column: "percent", direction: "descending" },
    });
    workspace.sortBy("last");
    expect(workspace.addressed.value.sort).toBe(false);
    history.undo();
    expect(workspace.sort.value).toEqual({ column: "percent", direction: "descending" });
    expect([workspace.addressed.value.sort, kept().sort]).toEqual([true, null]);
  });

  test("leaves the list that is kept as it was when a copy of its own is undone", async () => {
    const { workspace, kept, history } = await setup(ownList("A"), 0, { symbols: ["B"], name: null, sort: undefined });
    workspace.copy("Theirs");
    history.undo();
    expect(workspace.choice.value).toEqual({ kind: "shared" });
    expect(kept()).toMatchObject(ownList("A"));
  });

  test("that names a symbol twice shows it once", async () => {
    const { workspace } = await setup(nothingSaved, 0, { symbols: ["a", "A", "B"], name: null, sort: undefined });
    expect(workspace.symbols.value).toEqual(["A", "B"]);
  });

  test("can ask for everything", async () => {
    const { workspace, sockets } = await setup(nothingSaved, 0, { symbols: ["*"], name: null, sort: undefined });
    await settle();
    expect(workspace.symbols.value).toEqual(["A", "B", "C", "Z"]);
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
    void market.directory.loadAll();
    says(hello(), snapshot(1));
    await settle();
    expect(api.everything).toHaveBeenCalledTimes(1);
    answer([{ symbol: "A" }]);
    await settle();
    expect(market.directory.all.value).toEqual([{ symbol: "A" }]);
  });
});

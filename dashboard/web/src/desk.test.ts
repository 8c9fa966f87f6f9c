import { beforeEach, describe, expect, test, vi } from "vitest";
import { micros, setupDesk as setup } from "./desk.fixture.ts";
import type { ServerMessage } from "./protocol.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));

describe("the list", () => {
  test("of a newcomer is the server's default one, which is not taken for a choice", async () => {
    const { desk, opened, kept } = await setup({ symbols: null, sort: null });
    expect(desk.symbols.value).toEqual(["A", "B"]);
    expect(opened).toEqual([["A", "B"]]);
    desk.sortBy("symbol");
    expect(kept().symbols).toBeNull();
  });

  test("is the reader's own once it has been changed", async () => {
    const { desk, kept } = await setup();
    desk.add({ symbol: "C", name: "C Inc." });
    desk.remove("A");
    expect(kept().symbols).toEqual(["B", "C"]);
    expect(desk.note.value?.text).toBe("A removed.");
    desk.note.value?.undo?.();
    expect(kept().symbols).toEqual(["A", "B", "C"]);
    desk.reset();
    await vi.advanceTimersByTimeAsync(0);
    expect(desk.symbols.value).toEqual(["A", "B"]);
    expect(kept().symbols).toBeNull();
  });

  test("is asked for again as soon as a server that could not tell it answers", async () => {
    const { desk, says, hello, opened } = await setup({ symbols: null, sort: null }, 1);
    expect(desk.symbols.value).toBeNull();
    expect(desk.failure.value).not.toBeNull();
    expect(opened).toEqual([[]]);
    says(hello());
    await vi.advanceTimersByTimeAsync(0);
    expect(desk.symbols.value).toEqual(["A", "B"]);
    expect(desk.failure.value).toBeNull();
  });

  test("is ranked by what is asked for", async () => {
    const { desk, says, hello, snapshot } = await setup();
    says(hello(), snapshot(1, { s: "A", p: 1, pc: 2 }, { s: "B", p: 3, pc: 2 }));
    desk.sortBy("percent");
    expect(desk.ranked()).toEqual(["B", "A"]);
    desk.sortBy("percent");
    expect(desk.ranked()).toEqual(["A", "B"]);
    desk.unsort();
    expect(desk.ranked()).toEqual(["A", "B"]);
  });
});

describe("a row", () => {
  test("has its name, its quote and as many decimals as its price ever had", async () => {
    const { desk, says, hello, snapshot } = await setup();
    says(hello(), snapshot(1, { s: "A", p: 0.5125 }));
    expect(desk.row("A")).toMatchObject({ name: "A Inc.", decimals: 4, unknown: false });
    says({ type: "update", seq: 2, time: micros(), quotes: [{ s: "A", p: 0.5 }] });
    expect(desk.row("A")).toMatchObject({ decimals: 4 });
    expect(desk.row("B")).toMatchObject({ decimals: 2, entry: undefined });
  });

  test("of an unknown symbol says so until it has a quote", async () => {
    const { desk, says, hello, snapshot } = await setup({ symbols: ["A", "NOPE"], sort: null });
    says(hello(), { type: "subscribed", symbols: ["A"], unknown: ["NOPE"] }, snapshot(1, { s: "A", p: 1 }));
    expect(desk.row("NOPE").unknown).toBe(true);
    says({ type: "update", seq: 2, time: micros(), quotes: [{ s: "NOPE", p: 1 }] });
    expect(desk.row("NOPE").unknown).toBe(false);
  });

  test("is not confirmed while a new connection has not vouched for it", async () => {
    const { desk, says, hello, snapshot, close } = await setup();
    says(hello(), snapshot(5, { s: "A", p: 1 }, { s: "B", p: 1 }));
    expect(desk.condition.value.live).toBe(true);
    close();
    expect(desk.condition.value.live).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    says(hello());
    expect(desk.row("A").entry?.confirmed).toBe(false);
    says({ type: "snapshot", seq: 6, time: micros(), quotes: [{ s: "A", p: 2 }], resumed: true });
    expect(desk.row("A").entry?.confirmed).toBe(true);
    expect(desk.row("B").entry?.confirmed).toBe(true);
    expect(desk.condition.value.live).toBe(true);
  });
});

describe("the badge", () => {
  test("knows the age of the newest tick by the server's clock, and the rate", async () => {
    const { desk, says, hello, snapshot } = await setup();
    says(hello(), snapshot(1, { s: "A", p: 1, t: micros() - 400_000 }));
    for (let i = 0; i < 4; i++) {
      says({
        type: "update",
        seq: 2 + i,
        time: micros(),
        quotes: [
          { s: "A", v: i },
          { s: "B", v: i },
        ],
      });
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(desk.vitals.value.rate).toBe(2);
    expect(desk.vitals.value.newest).toBe(4400);
  });

  test("follows the feed's state", async () => {
    const { desk, says, hello, snapshot } = await setup();
    says(hello(), snapshot(1));
    says({ type: "status", source: "sim", status: "stale", since: micros(), message: "no tick" });
    expect(desk.condition.value).toMatchObject({ badge: "Stale", live: false });
    says({ type: "status", source: "sim", status: "live", since: micros() });
    expect(desk.condition.value.live).toBe(true);
    expect(desk.feed.value.simulated).toBe(true);
  });

  test("follows the state of each of several sources", async () => {
    const { desk, says, hello, snapshot } = await setup();
    const coins = { source: "coinbase", status: "live", since: micros(), message: "" };
    const sim = { source: "sim", status: "live", since: micros(), message: "", simulated: true };
    says({ ...hello(), source: "coinbase,sim", sources: [coins, sim] } as ServerMessage, snapshot(1));
    expect(desk.condition.value).toMatchObject({ badge: "Live", notice: null });
    says({ type: "status", ...coins, status: "down", message: "dial: refused" });
    expect(desk.condition.value).toMatchObject({ badge: "Partly live", live: true });
    expect(desk.condition.value.notice).toContain("coinbase is down for 0 s. Dial: refused.");
    expect(desk.feed.value).toMatchObject({ source: "coinbase,sim", simulated: true });
    says({ type: "status", source: "relay", status: "live" }); // new since the hello
    expect(desk.feed.value.source).toBe("coinbase,sim,relay");
  });
});

test("nothing is left running when it is closed", async () => {
  const { desk } = await setup();
  desk.close();
  expect(vi.getTimerCount()).toBe(0);
});

import type { ServerMessage } from "tickertape-client";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { micros, ownList, setupWorkspace as setup } from "./workspace.fixture.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));

describe("a row", () => {
  test("has its name, its zone, its quote and as many decimals as its price ever had", async () => {
    const { market, says, hello, snapshot, update } = await setup();
    says(hello(), snapshot(1, { s: "A", p: 0.5125 }));
    await vi.advanceTimersByTimeAsync(0);
    expect(market.row("A")).toMatchObject({ name: "A Inc.", zone: "America/New_York", decimals: 4, unknown: false });
    says(update(2, { s: "A", p: 0.5 }));
    expect(market.row("A")).toMatchObject({ decimals: 4 });
    expect(market.row("B")).toMatchObject({ decimals: 2, entry: undefined });
  });

  test("of an unknown symbol says so until it has a quote", async () => {
    const { market, says, hello, snapshot, update } = await setup(ownList("A", "NOPE"));
    says(hello(), { type: "subscribed", symbols: ["A"], unknown: ["NOPE"] }, snapshot(1, { s: "A", p: 1 }));
    expect(market.row("NOPE").unknown).toBe(true);
    says(update(2, { s: "NOPE", p: 1 }));
    expect(market.row("NOPE").unknown).toBe(false);
  });

  test("of an unknown symbol is as any other when the server knows it, with its name", async () => {
    const { market, api, says, hello, snapshot } = await setup(ownList("A", "NOPE"));
    says(hello(), { type: "subscribed", symbols: ["A"], unknown: ["NOPE"] }, snapshot(1, { s: "A", p: 1 }));
    await vi.advanceTimersByTimeAsync(0);
    expect(market.row("NOPE")).toMatchObject({ unknown: true, name: "" });
    const record = { symbol: "NOPE", sector: "", decimals: 3, zone: "UTC" };
    const describe = vi.mocked(api.describe);
    describe.mockClear();
    describe.mockResolvedValueOnce([{ ...record, name: "" }]); // the server learns it a little later
    describe.mockResolvedValueOnce([{ ...record, name: "Nope Inc." }]);
    const changes: string[] = [];
    market.listen((symbol) => changes.push(symbol));
    says({ type: "subscribed", symbols: ["NOPE"] });
    expect(changes).toEqual(["NOPE"]);
    expect(market.row("NOPE")).toMatchObject({ unknown: false, entry: undefined });
    await vi.advanceTimersByTimeAsync(4000);
    expect(market.row("NOPE")).toMatchObject({ name: "", decimals: 3 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(market.row("NOPE")).toMatchObject({ name: "Nope Inc." });
    expect(describe.mock.calls).toEqual([[["NOPE"]], [["NOPE"]]]);
  });

  test("is not confirmed while a new connection has not vouched for it", async () => {
    const { market, says, hello, snapshot, breaks } = await setup();
    says(hello(), snapshot(5, { s: "A", p: 1 }, { s: "B", p: 1 }));
    expect(market.liveness.value.live).toBe(true);
    breaks();
    expect(market.liveness.value.live).toBe(false);
    expect(market.row("A").entry?.confirmed).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    says(hello());
    expect(market.row("A").entry?.confirmed).toBe(false);
    says({ type: "snapshot", seq: 6, time: micros(), quotes: [{ s: "A", p: 2 }], resumed: true });
    expect(market.row("A").entry?.confirmed).toBe(true);
    expect(market.row("B").entry?.confirmed).toBe(true);
    expect(market.liveness.value.live).toBe(true);
  });
});

describe("the measurements of the connection", () => {
  test("are of what is followed now", async () => {
    const { market, says, hello, snapshot } = await setup();
    market.follow(["A", "B"]);
    says(hello(), snapshot(1, { s: "A", p: 1, t: micros() }, { s: "B", p: 1, t: micros() - 60_000_000 }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(market.connectionStats.value.newest).toBe(1000);
    market.follow(["B"]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(market.connectionStats.value.newest).toBe(62_000);
  });

  test("find a silence where prices are live, and none where all are closed", async () => {
    const { market, says, hello, snapshot, update } = await setup();
    says(hello(), snapshot(1, { s: "A", p: 1 }, { s: "B", p: 1 }));
    for (let i = 0; i < 40; i++) {
      await vi.advanceTimersByTimeAsync(100);
      says(update(2 + i, { s: "A", v: i }));
    }
    await vi.advanceTimersByTimeAsync(3000);
    expect(market.liveness.value).toMatchObject({ badge: expect.stringMatching(/^Quiet [23] s$/), tone: "wait" });
    says(update(50, { s: "A", v: 50 }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(market.liveness.value.tone).toBe("live");
    says(update(51, { s: "A", st: "closed" }, { s: "B", st: "closed" }));
    await vi.advanceTimersByTimeAsync(4000);
    expect(market.liveness.value.tone).toBe("live");
  });

  test("tell the age of the newest tick by the server's clock, the rate and the latency", async () => {
    const { market, says, hello, snapshot, update, sockets } = await setup();
    says(hello(), snapshot(1, { s: "A", p: 1, t: micros() - 400_000 }));
    for (let i = 0; i < 4; i++) {
      says(update(2 + i, { s: "A", v: i }, { s: "B", v: i }));
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(market.connectionStats.value.rate).toBe(2);
    expect(market.connectionStats.value.newest).toBe(4400);
    expect(market.connectionStats.value.latency).toBeNull();
    await vi.advanceTimersByTimeAsync(7000);
    const ping = sockets.last().sent.findLast(({ type }) => type === "ping");
    says({ type: "pong", id: Number(ping?.["id"]) });
    await vi.advanceTimersByTimeAsync(1000);
    expect(market.connectionStats.value.latency).toBeGreaterThanOrEqual(0);
  });

  test("of what another tab follows are not counted", async () => {
    const { market, says, hello, snapshot, update } = await setup();
    says(hello(), snapshot(1, { s: "A", p: 1 }));
    for (let i = 0; i < 4; i++) {
      says(update(2 + i, { s: "Q", v: i }));
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(market.connectionStats.value.rate).toBe(0);
  });
});

describe("the feed", () => {
  test("is as its source is", async () => {
    const { market, says, hello, snapshot } = await setup();
    says(hello(), snapshot(1));
    says({ type: "status", source: "sim", status: "stale", since: micros(), message: "no tick" });
    expect(market.liveness.value).toMatchObject({ badge: "Stale", live: false });
    says({ type: "status", source: "sim", status: "live", since: micros() });
    expect(market.liveness.value.live).toBe(true);
    expect(market.feed.value.simulated).toBe(true);
  });

  test("is as each of several sources is", async () => {
    const { market, says, hello, snapshot } = await setup();
    const coins = { source: "coinbase", status: "live", since: micros(), message: "" };
    const sim = { source: "sim", status: "live", since: micros(), message: "", simulated: true };
    says({ ...hello(), source: "coinbase,sim", sources: [coins, sim] } as ServerMessage, snapshot(1));
    expect(market.liveness.value).toMatchObject({ badge: "Live", notice: null });
    says({ type: "status", ...coins, status: "down", message: "dial: refused" });
    expect(market.liveness.value).toMatchObject({ badge: "Partly live", live: true });
    expect(market.liveness.value.notice).toContain("coinbase has been down for 0 s. Dial: refused.");
    expect(market.feed.value).toMatchObject({ source: "coinbase,sim", simulated: true });
    says({ type: "status", source: "relay", status: "live" }); // new since the hello
    expect(market.feed.value.source).toBe("coinbase,sim,relay");
  });
});

describe("a recording", () => {
  const replay = { source: "replay", status: "live", since: micros(), message: "", replayed: true };
  const relay = { source: "relay", status: "live", since: micros(), message: "via x: replay live", sources: [replay] };
  const day = Date.UTC(2005, 11, 27, 14, 30);

  test.each([
    ["played here", replay],
    ["behind a relay", relay],
  ])("%s has a time, and no age", async (_, source) => {
    const { market, says, hello, snapshot, update } = await setup();
    market.follow(["A"]);
    says({ ...hello(), sources: [source] } as ServerMessage, snapshot(1, { s: "A", p: 1, t: day * 1000 }));
    await vi.advanceTimersByTimeAsync(2000);
    expect(market.connectionStats.value).toMatchObject({ played: day, newest: 2000 });
    expect(market.row("A").replayed).toBe(true);
    expect(market.age(market.row("A"))).toBe(2000);
    says(update(2, { s: "A", p: 2, t: (day - 60_000) * 1000 })); // it has begun again
    await vi.advanceTimersByTimeAsync(1000);
    expect(market.connectionStats.value.played).toBe(day - 60_000);
  });

  test("beside a market takes nothing from the age of its prices", async () => {
    const { market, says, hello, snapshot } = await setup();
    const coins = { source: "coinbase", status: "live", since: micros(), message: "" };
    market.follow(["A", "B"]);
    says(
      { ...hello(), sources: [relay, coins] } as ServerMessage,
      snapshot(
        1,
        { s: "A", p: 1, t: day * 1000, src: "relay" },
        { s: "B", p: 1, t: micros() - 5_000_000, src: "coinbase" },
      ),
    );
    await vi.advanceTimersByTimeAsync(2000);
    expect(market.connectionStats.value).toMatchObject({ played: day, newest: 7000 });
    expect([market.row("A").replayed, market.row("B").replayed]).toEqual([true, false]);
    expect([market.age(market.row("A")), market.age(market.row("B"))]).toEqual([2000, 7000]);
  });
});

test("nothing is left running when it is closed", async () => {
  const { close } = await setup();
  close();
  await vi.advanceTimersByTimeAsync(11_000); // a request's own deadline
  expect(vi.getTimerCount()).toBe(0);
});

import { beforeEach, describe, expect, test, vi } from "vitest";
import { createFakeSockets, hello, snapshot, tick, update } from "../test/support/fakes.ts";
import { createClient } from "./client.ts";
import type { ClientOptions } from "./options.ts";
import type { ServerMessage } from "./protocol/messages.ts";

const setup = (options: ClientOptions = {}) => {
  const { WebSocket, sockets, last } = createFakeSockets();
  const client = createClient({ url: "http://host:8080/prices/", WebSocket, random: () => 0.5, ...options });
  return { client, sockets, last };
};

const aapl = { s: "AAPL", p: 189.3, pc: 188.1, b: 189.29, a: 189.31, bz: 3, az: 1, v: 1000, t: 999_999_000 };

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));

test("a client has what its type names, and none of its parts", async () => {
  const { client } = setup();
  expect(Object.keys(client).sort()).toEqual(
    [
      ...["connect", "disconnect", "close", "on", "subscribe", "unsubscribe", "setRate", "setFields", "send"],
      ...["pause", "resume", "quote", "quotes", "entry", "unknown", "refused", "bars", "trades"],
      ...["state", "position", "sources", "serverTime", "retryNow"],
    ].sort(),
  );
});

/** What is fetched only when it is needed has come. */
const fetched = () => vi.dynamicImportSettled();

describe("quotes", () => {
  test("are whole, with long names and three times", async () => {
    const { client, last } = setup();
    client.subscribe(["AAPL"]);
    client.connect();
    await fetched();
    expect(last().url).toBe("ws://host:8080/prices/ws?symbols=AAPL");
    last().says(hello(), snapshot(1, [aapl]), update(2, [{ s: "AAPL", p: 189.4, b: null }], { time: 1_000_500_000 }));
    const quote = client.quote("AAPL");
    expect(quote).toMatchObject({
      symbol: "AAPL",
      last: 189.4,
      bid: undefined,
      ask: 189.31,
      askSize: 1,
      previousClose: 188.1,
      change: 1.3,
      volume: 1000,
      status: "live",
      confirmed: true,
      live: true,
      tick: 1,
      seq: 2,
      exchangeTime: 999_999,
      serverTime: 1_000_500,
      receivedTime: 1_000_000,
    });
    expect(quote?.changePercent).toBeCloseTo((1.3 / 188.1) * 100, 12);
    expect(client.quote("AAPL")).toBe(quote); // made once
  });

  test("say what adjusted the previous close, and why a price is not live", async () => {
    const { client, last } = setup();
    client.subscribe(["A"]);
    client.connect();
    await fetched();
    last().says(hello(), snapshot(1, [{ s: "A", p: 101, pc: 100, adj: "split 10:1", st: "stale", why: "in doubt" }]));
    expect(client.quote("A")).toMatchObject({ adjusted: "split 10:1", status: "stale", reason: "in doubt", change: 1 });
    last().says(update(2, [{ s: "A", adj: null, st: null, why: null }]));
    expect(client.quote("A")).toMatchObject({ adjusted: undefined, status: "live", reason: undefined });
  });

  test("age is by the server's clock, grows, and is endless without a time", async () => {
    const { client, last } = setup();
    client.subscribe(["AAPL", "B"]);
    client.connect();
    await fetched();
    last().says(hello("e", 1, { time: 1_060_000_000 }), snapshot(1, [aapl, { s: "B", p: 1 }], { time: 1_060_000_000 }));
    const quote = client.quote("AAPL");
    expect(client.serverTime()).toBe(1_060_000);
    expect(quote?.age()).toBe(60_001);
    await tick(500);
    expect(quote?.age()).toBe(60_501);
    expect(client.quote("B")?.age()).toBe(Number.POSITIVE_INFINITY);
  });

  test("are published once for each message, and made only for listeners", async () => {
    const { client, last } = setup();
    const changed: (readonly string[])[] = [];
    client.on("changed", (symbols) => changed.push(symbols));
    client.subscribe(["A", "B"]);
    client.connect();
    await fetched();
    last().says(
      hello(),
      snapshot(1, [
        { s: "A", p: 1 },
        { s: "B", p: 2 },
      ]),
    ); // prettier-like lists stay short
    changed.length = 0;
    const prices: (number | undefined)[] = [];
    client.on("quotes", (quotes) => prices.push(...quotes.map((quote) => quote.last)));
    last().says(
      update(2, [
        { s: "A", p: 3 },
        { s: "B", p: 4 },
      ]),
      update(3, [{ s: "B", p: 5 }]),
    );
    expect(changed).toEqual([["A", "B"], ["B"]]);
    expect(prices).toEqual([3, 4, 5]);
    expect([...client.quotes()].map(({ symbol }) => symbol)).toEqual(["A", "B"]);
  });

  test("that are marked or lost are not live", async () => {
    const { client, last } = setup();
    client.subscribe(["A", "B"]);
    client.connect();
    await fetched();
    last().says(
      hello(),
      snapshot(1, [
        { s: "A", p: 1, st: "halted" },
        { s: "B", p: 2 },
      ]),
    );
    expect(client.quote("A")).toMatchObject({ status: "halted", live: false });
    expect(client.quote("B")?.live).toBe(true);
    const changed: string[] = [];
    client.on("changed", (symbols) => changed.push(...symbols));
    last().breaks();
    expect(changed.sort()).toEqual(["A", "B"]);
    expect(client.quote("B")).toMatchObject({ last: 2, confirmed: false, live: false });
  });

  test("of a run of the server that is over are not taken for synced by one who polls", async () => {
    const answers = [
      { epoch: "e", seq: 9, time: 1, quotes: [{ s: "A", p: 1, n: 5 }] },
      { epoch: "f", seq: 0, time: 2, quotes: [] }, // it has just begun
      { epoch: "f", seq: 1, time: 3, resumed: true, quotes: [{ s: "A", p: 1, n: 1 }] },
    ];
    const fetch = () => {
      const next = answers.shift();
      return next ? Promise.resolve(new Response(JSON.stringify(next))) : new Promise<Response>(() => {});
    };
    const { client } = setup({ transport: "poll", fetch, share: false });
    const seen: unknown[] = [];
    client.on("message", ({ type }) => {
      const trades = client.quotes().map(({ raw, live }) => `${raw.n} ${live}`);
      seen.push([type, client.state.synced, ...trades]);
    });
    client.subscribe(["A"]);
    client.connect();
    await fetched();
    await fetched();
    await vi.advanceTimersByTimeAsync(5000);
    expect(seen).toEqual([
      ["hello", false],
      ["snapshot", false, "5 false"],
      ["hello", false, "5 false"],
      ["snapshot", false, "5 false"],
      ["snapshot", true, "1 true"],
    ]);
    expect(client.quote("A")).toMatchObject({ raw: { n: 1 }, live: true });
  });

  test("of a resumed stream are vouched for again", async () => {
    const { client, last, sockets } = setup();
    client.subscribe(["A"]);
    client.connect();
    await fetched();
    last().says(hello(), snapshot(7, [{ s: "A", p: 1 }]));
    last().breaks();
    await tick(1000);
    expect(sockets).toHaveLength(2);
    expect(last().url).toContain("since=e-7");
    last().says(hello("e", 9), snapshot(9, [], { resumed: true }));
    expect(client.quote("A")).toMatchObject({ last: 1, live: true, seq: 7 });
  });

  test("of what is not followed any more are forgotten, and do not come back", async () => {
    const { client, last } = setup();
    client.subscribe(["A", "B"]);
    client.connect();
    await fetched();
    last().says(
      hello(),
      snapshot(1, [
        { s: "A", p: 1 },
        { s: "B", p: 2 },
      ]),
    );
    client.unsubscribe(["A"]);
    last().says(update(2, [{ s: "A", p: 3 }]));
    expect(client.quote("A")).toBeUndefined();
    expect([...client.quotes()]).toHaveLength(1);
  });
});

describe("what is asked for", () => {
  test("goes out together, once", async () => {
    const { client, last } = setup();
    client.connect();
    await fetched();
    last().says(hello());
    client.subscribe(["A"]);
    client.subscribe({ symbols: ["A", "B"], bars: ["A"], interval: "5m", limit: 50, trades: ["A"] });
    client.subscribe({ bars: ["A"], interval: "5m" });
    client.setRate(4);
    client.setFields(["p", "t"]);
    await fetched();
    await tick(1);
    expect(last().sent.map(({ id: _, ...message }) => message)).toEqual([
      { type: "subscribe", rate: 4, fields: ["p", "t"] },
      { type: "subscribe", symbols: ["A", "B"] },
      { type: "subscribe", bars: ["A"], interval: "5m" }, // the longest history that is asked for
      { type: "subscribe", trades: ["A"] },
    ]);
    client.unsubscribe({ symbols: ["A", "B"], bars: ["A"], interval: "5m" });
    await tick(1);
    expect(last().sent.at(-1)).toMatchObject({ type: "unsubscribe", symbols: ["B"] }); // A and its bars were asked for twice
    client.unsubscribe({ bars: ["A"], interval: "5m" });
    await tick(1);
    expect(
      last()
        .sent.slice(4)
        .map(({ id: _, ...message }) => message),
    ).toEqual([
      { type: "unsubscribe", symbols: ["B"] },
      { type: "unsubscribe", bars: ["A"], interval: "5m" },
    ]);
  });

  test("and is not sent when it is given up and wanted again in one turn", async () => {
    const { client, last } = setup();
    client.subscribe({ symbols: ["A"], bars: ["A"] });
    await fetched();
    client.connect();
    await fetched();
    last().says(hello(), snapshot(1, [{ s: "A", p: 1 }]));
    await tick(1);
    const before = last().sent.length;
    client.unsubscribe({ symbols: ["A"], bars: ["A"] });
    expect(client.quote("A")).toBeUndefined();
    client.subscribe({ symbols: ["A"], bars: ["A"] });
    await tick(500);
    expect(last().sent).toHaveLength(before);
    expect(client.quote("A")).toMatchObject({ last: 1, live: true });
  });

  test("send returns whether it could be sent", async () => {
    const { client, last } = setup();
    expect(client.send({ type: "ping", id: 7 })).toBe(false);
    client.connect();
    await fetched();
    expect(client.send({ type: "ping", id: 7 })).toBe(false); // still opening
    last().opens();
    expect(client.send({ type: "ping", id: 7 })).toBe(true);
    expect(last().sent).toEqual([{ type: "ping", id: 7 }]);
  });

  test("symbols that the server does not know are an event", async () => {
    const { client, last } = setup();
    const unknown: string[] = [];
    client.on("unknown", (symbols) => unknown.push(...symbols));
    client.subscribe(["NOPE"]);
    client.connect();
    await fetched();
    last().says(hello(), { type: "subscribed", symbols: [], unknown: ["NOPE", "OTHERS"] });
    expect(unknown).toEqual(["NOPE"]);
  });

  test("symbols that become known are another, and stay known after a break", async () => {
    const { client, last } = setup();
    const known: string[] = [];
    client.on("known", (symbols) => known.push(...symbols));
    client.subscribe(["A", "B", "C"]);
    client.connect();
    await fetched();
    last().says(hello(), { type: "subscribed", symbols: ["A"], unknown: ["B", "C"] }, snapshot(1, [{ s: "A", p: 1 }]));
    expect(["A", "B", "C"].map(client.unknown)).toEqual([false, true, true]);
    last().says({ type: "subscribed", symbols: ["B"] }, snapshot(2, [{ s: "B", p: 2 }], { resumed: true }));
    expect(known).toEqual(["B"]);
    expect(client.quote("B")).toMatchObject({ last: 2, live: true });
    last().says(update(3, [{ s: "A", p: 3 }]));

    last().breaks();
    await tick(1000);
    expect(last().url).toContain("since=e-3");
    const answer: ServerMessage = { type: "subscribed", symbols: ["A", "B", "C"], rate: 10 };
    last().says(hello(), answer, snapshot(4, [{ s: "C", p: 3 }], { resumed: true }));
    expect(["A", "B", "C"].map(client.unknown)).toEqual([false, false, false]);
    expect(client.quote("B")).toMatchObject({ last: 2, live: true });
    expect(known).toEqual(["B", "C"]);
  });
});

describe("series", () => {
  test("bars are merged by their time, with long names", async () => {
    const { client, last } = setup();
    const changes: unknown[] = [];
    client.on("series", (change) => changes.push(change));
    client.subscribe({ bars: ["A"] });
    await fetched();
    client.connect();
    await fetched();
    const bar = (minute: number, c: number) => ({ t: minute * 60_000_000, o: 1, h: 9, l: 1, c, v: 10, n: 2, vw: 1.5 });
    const bars = (seq: number, list: readonly object[], more: object = {}) =>
      ({ type: "bars", seq, time: 0, symbol: "A", interval: "1m", bars: list as never, ...more }) as const;
    last().says(hello(), bars(1, [bar(1, 5), bar(2, 6)], { reset: true }), bars(2, [bar(2, 7), bar(3, 8)]));
    expect(client.bars("A", "1m").map(({ time, close }) => [time, close])).toEqual([
      [60_000, 5],
      [120_000, 7],
      [180_000, 8],
    ]);
    last().says(bars(3, [{ t: 120_000_000, n: 0 }, bar(1, 4)]));
    expect(client.bars("A", "1m").map(({ close }) => close)).toEqual([4, 8]);
    expect(changes).toHaveLength(3);
    expect(changes[1]).toMatchObject({ kind: "bars", symbol: "A", interval: "1m", reset: false });
    client.unsubscribe({ bars: ["A"] });
    expect(client.bars("A", "1m")).toEqual([]);
  });

  test("the newest hundred trades are kept", async () => {
    const { client, last } = setup();
    client.subscribe({ trades: ["A"] });
    await fetched();
    client.connect();
    await fetched();
    const trades = (seq: number, from: number, count: number, more: object = {}) =>
      ({
        type: "trades",
        seq,
        time: 0,
        symbol: "A",
        skipped: 0,
        trades: Array.from({ length: count }, (_, i) => ({ i: from + i, p: 1, t: 0, d: -1, c: ["@"] })),
        ...more,
      }) as const;
    last().says(hello(), trades(1, 1, 80, { reset: true }), trades(2, 81, 40));
    expect(client.trades("A").map((trade) => trade.number)).toEqual(Array.from({ length: 100 }, (_, i) => i + 21));
    last().says({ ...trades(3, 120, 1), trades: [{ i: 120, p: 1, t: 0, st: "cancelled" }] });
    expect(client.trades("A")).toHaveLength(100);
    expect(client.trades("A").at(-1)).toMatchObject({ number: 120, status: "cancelled", direction: 0, conditions: [] });
  });
});

describe("pausing", () => {
  test("a hidden page gets one catch-up when it is shown again", async () => {
    const { client, last } = setup();
    const changed: (readonly string[])[] = [];
    client.subscribe(["A", "B"]);
    client.connect();
    await fetched();
    last().says(
      hello(),
      snapshot(1, [
        { s: "A", p: 1 },
        { s: "B", p: 1 },
      ]),
    );
    client.pause("hidden");
    client.on("changed", (symbols) => changed.push(symbols));
    expect(last().sent.at(-1)).toMatchObject({ type: "pause" });
    expect(client.quote("A")?.live).toBe(false);
    last().says(update(2, [{ s: "A", p: 2 }])); // was under way
    expect(changed).toEqual([]);
    client.resume("hidden");
    expect(last().sent.slice(-2)).toMatchObject([{ type: "resume" }, { type: "ping" }]);
    expect(changed.map((symbols) => [...symbols].sort())).toEqual([["A"]]);
    expect(client.quote("A")).toMatchObject({ last: 2, live: false }); // it may be old: the catch-up has not come
    last().says(snapshot(3, [{ s: "B", p: 3 }], { resumed: true }), {
      type: "pong",
      id: Number(last().sent.at(-1)?.["id"]),
    });
    expect(changed.slice(1).map((symbols) => [...symbols].sort())).toEqual([["B"], ["A", "B"]]);
    expect(client.quotes().map(({ last, live }) => [last, live])).toEqual([
      [2, true],
      [3, true],
    ]);
  });

  test("confirms nothing once the connection is lost", async () => {
    const { client, last } = setup();
    client.subscribe(["A"]);
    client.connect();
    await fetched();
    last().says(hello(), snapshot(1, [{ s: "A", p: 1 }]));
    client.pause();
    expect(client.quote("A")?.confirmed).toBe(true);
    last().breaks();
    expect(client.quote("A")?.confirmed).toBe(false);
  });

  test("ends only when nobody wants it any more", async () => {
    const { client, last } = setup();
    client.subscribe(["A"]);
    client.connect();
    await fetched();
    last().says(hello(), snapshot(1, []));
    client.pause();
    client.pause("hidden");
    client.resume("hidden");
    expect(client.state.paused).toBe(true);
    client.resume();
    expect(client.state.paused).toBe(false);
  });
});

describe("sources", () => {
  test("are those of the hello, as the statuses change them", async () => {
    const { client, last } = setup();
    const changes: string[] = [];
    client.on("sources", (sources) => changes.push(sources.map(({ source, status }) => `${source} ${status}`).join()));
    client.connect();
    await fetched();
    last().says(
      hello("e", 1, {
        sources: [
          { source: "kraken", status: "live" },
          { source: "sim", status: "live" },
        ],
      }),
      { type: "status", source: "kraken", status: "down", since: 5_000_000, message: "no route" },
    );
    expect(changes).toEqual(["kraken live,sim live", "kraken down,sim live"]);
    expect(client.sources[0]).toEqual({
      source: "kraken",
      simulated: false,
      status: "down",
      since: 5000,
      message: "no route",
      replayed: false,
      delay: 0,
      quiet: false,
      sources: [],
    });
    expect(client.sources[1]?.simulated).toBe(true);
  });

  test("say what their prices are, and what is behind a relay", async () => {
    const { client, last } = setup();
    client.connect();
    await fetched();
    const relay = {
      source: "relay",
      status: "live",
      message: "via x: replay live",
      replayed: true,
      simulated: true,
      delayed_ms: 900_000,
      sources: [
        { source: "replay", status: "live", since: 7_000_000, simulated: true, replayed: true },
        { source: "alpaca", status: "live", delayed_ms: 900_000, quiet: true },
      ],
    };
    last().says(hello("e", 1, { sources: [relay] }));
    expect(client.sources[0]).toMatchObject({ replayed: true, simulated: true, delay: 900_000, quiet: false });
    expect(client.sources[0]?.sources).toMatchObject([
      { source: "replay", replayed: true, simulated: true, delay: 0, since: 7000, quiet: false, sources: [] },
      { source: "alpaca", replayed: false, simulated: false, delay: 900_000, since: null, quiet: true, sources: [] },
    ]);
    last().says({ type: "status", source: "relay", status: "live", quiet: true });
    expect(client.sources[0]).toMatchObject({ replayed: false, simulated: false, delay: 0, quiet: true, sources: [] });
  });

  test("of an older server, which does not say that it plays a recording", async () => {
    const { client, last } = setup();
    client.connect();
    await fetched();
    last().says(hello("e", 1, { source: "replay", sources: undefined }));
    expect(client.sources).toMatchObject([{ source: "replay", replayed: true, sources: [] }]);
    last().says(hello("f", 1, { sources: [{ source: "relay", status: "live", sources: "none" as never }] }));
    expect(client.sources).toMatchObject([{ source: "relay", replayed: false, sources: [] }]);
  });
});

test("disconnect keeps what is known as what it was, and connect takes it up", async () => {
  const { client, last, sockets } = setup();
  client.subscribe(["A"]);
  client.connect();
  await fetched();
  last().says(hello(), snapshot(4, [{ s: "A", p: 1 }]));
  client.disconnect();
  expect(client.state.phase).toBe("idle");
  expect(client.quote("A")).toMatchObject({ last: 1, live: false, confirmed: false });
  await tick(60_000);
  expect(sockets).toHaveLength(1);
  client.connect();
  await fetched();
  expect(last().url).toContain("since=e-4");
});

test("listeners leave, and close is for good", async () => {
  const { client, last } = setup();
  const heard = vi.fn();
  const stop = client.on("heartbeat", heard);
  client.connect();
  await fetched();
  last().says(hello(), { type: "heartbeat" });
  stop();
  last().says({ type: "heartbeat" });
  expect(heard).toHaveBeenCalledTimes(1);
  client.on("state", heard);
  client.close();
  heard.mockClear();
  client.connect();
  await fetched();
  expect(heard).not.toHaveBeenCalled();
  client.disconnect();
});

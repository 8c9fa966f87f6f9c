import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  createFakeChannels,
  createFakeLocks,
  createFakeSockets,
  hello,
  snapshot,
  tick,
  update,
} from "../test/support/fakes.ts";
import { createModelServer } from "../test/support/modelserver.ts";
import { type Client, createClient } from "./client.ts";
import type { ClientEvents } from "./publisher.ts";
import type { SocketClass } from "./transport/websocket.ts";

/** A browser whose tabs can share a connection. */
const browse = (WebSocket: SocketClass) => {
  const channels = createFakeChannels();
  class BroadcastChannel {
    constructor(name: string) {
      // biome-ignore lint/correctness/noConstructorReturn: the fake is made by a function
      return channels(name);
    }
  }
  const page = Object.assign(new EventTarget(), { visibilityState: "visible", baseURI: "http://host/" });
  vi.stubGlobal("document", page);
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("navigator", { locks: createFakeLocks(), onLine: true });
  vi.stubGlobal("BroadcastChannel", BroadcastChannel);
  const storage = { getItem: () => null, setItem() {}, removeItem() {} };
  return async (what: Parameters<Client["subscribe"]>[0]) => {
    const client = createClient({ WebSocket, storage, random: () => 0.5 });
    const subscription = client.subscribe(what);
    client.connect();
    await settled();
    return Object.assign(client, { subscription });
  };
};
const settled = async () => {
  await vi.dynamicImportSettled();
  await tick(1);
};
/** What a client tells from now on, under one name. */
const listen = <K extends keyof ClientEvents>(client: Client, name: K): ClientEvents[K][] => {
  const told: ClientEvents[K][] = [];
  client.on(name, (event) => told.push(event));
  return told;
};

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.unstubAllGlobals());

test("each tab is told what is refused of what it wants itself, also when it joins or is shown later", async () => {
  const server = createModelServer({ maxSymbols: 3, maxSeries: 1 });
  const open = browse(server.WebSocket);
  const serve = (ms = 300) => server.serve(ms, tick);
  const first = await open(["A", "B"]);
  server.open();
  const told = listen(first, "refused");
  await serve();

  const second = await open({ symbols: ["C", "D"], bars: ["C"] });
  expect([first.state.role, second.state.role]).toEqual(["leader", "follower"]);
  const toldSecond = listen(second, "refused");
  await serve();
  const lost = second.refused("C") ? "C" : "D";
  expect(toldSecond).toEqual([[lost]]);
  expect(second.refused(lost)).toBe("too_many_symbols");
  expect(second.quote(lost === "C" ? "D" : "C")?.last).toBe(1);
  expect(second.bars("C", "1m")).toHaveLength(1);

  const third = await open([lost, "A"]);
  expect(third.refused(lost)).toBe("too_many_symbols"); // at once, from the first tab
  third.pause("hidden");
  const toldThird = listen(third, "refused");
  third.subscribe({ trades: ["A"] });
  await serve();
  expect([toldThird, third.refused("trades A")]).toEqual([[], undefined]);
  third.resume("hidden");
  await serve();
  expect(toldThird).toEqual([["trades A"]]);
  second.subscribe({ trades: ["A"] });
  await settled();
  expect(toldSecond).toEqual([[lost], ["trades A"]]);

  first.subscription.update(["A"]);
  await serve();
  expect([second.refused(lost), third.refused(lost)]).toEqual([undefined, undefined]);
  expect([second.quote(lost)?.last, third.quote(lost)?.last]).toEqual([1, 1]);
  expect([told, toldSecond.length]).toEqual([[], 2]);
});

test("what a tab was refused through another one, it forgets when it leads itself", async () => {
  const server = createModelServer({ maxSymbols: 2 });
  const open = browse(server.WebSocket);
  const first = await open(["A", "B"]);
  server.open();
  await server.serve(300, tick);
  const second = await open(["C"]);
  await server.serve(300, tick);
  expect(second.refused("C")).toBe("too_many_symbols");
  first.disconnect();
  await settled();
  expect(second.state.role).toBe("leader");
  expect(second.refused("C")).toBeUndefined();
});

test("the chart and the tape of a hidden tab stay still, and are right when it is shown again", async () => {
  const { WebSocket, last } = createFakeSockets();
  const open = browse(WebSocket);
  const what = { symbols: ["A"], bars: ["A"], interval: "1m", trades: ["A"] };
  const first = await open(what);
  const bars = (seq: number, more: object = {}) =>
    last().says({
      type: "bars",
      seq,
      time: seq,
      symbol: "A",
      interval: "1m",
      bars: [{ t: seq * 60_000_000, o: seq, h: seq, l: seq, c: seq, n: 1 }],
      ...more,
    });
  const trades = (seq: number, more: object = {}) =>
    last().says({
      type: "trades",
      seq,
      time: seq,
      symbol: "A",
      skipped: 0,
      trades: [{ i: seq, p: seq, t: seq }],
      ...more,
    });
  last().says(hello(), snapshot(1, [{ s: "A", p: 1 }]));
  bars(1, { reset: true });
  trades(1, { reset: true });
  await settled();
  const second = await open(what);
  expect(second.state.role).toBe("follower");
  expect([second.bars("A", "1m"), second.trades("A")].map(({ length }) => length)).toEqual([1, 1]);

  const told: string[] = [];
  second.pause("hidden");
  await settled();
  for (const name of ["changed", "quotes", "message", "bars", "trades", "series"] as const)
    second.on(name, () => told.push(name));
  for (let seq = 2; seq <= 300; seq++) {
    last().says(update(seq, [{ s: "A", p: seq }]));
    bars(seq);
    trades(seq);
  }
  // An older bar is corrected, so that what is there cannot just be added to.
  bars(301, { bars: [{ t: 60_000_000, o: 1, h: 9, l: 1, c: 9, n: 2 }] });
  await settled();
  expect(told).toEqual([]);

  const changes = listen(second, "series");
  const live: (boolean | undefined)[] = [];
  second.on("changed", () => live.push(second.quote("A")?.live && second.quote("A")?.last !== 300));
  second.resume("hidden");
  expect(second.quote("A")?.live).toBe(false); // until the leader has told it
  await settled();
  expect(second.quote("A")).toMatchObject({ last: 300, live: true });
  expect(live).not.toContain(true);
  expect(changes.map(({ kind, reset }) => [kind, reset])).toEqual([
    ["bars", true],
    ["trades", true],
  ]);
  expect(changes.map((change) => (change.kind === "bars" ? change.bars.length : change.trades.length))).toEqual([
    300, 100,
  ]);
  expect(second.bars("A", "1m")).toEqual(first.bars("A", "1m"));
  expect(second.bars("A", "1m")[0]).toMatchObject({ high: 9, close: 9 });
  expect(second.trades("A")).toEqual(first.trades("A"));
  bars(302, { bars: [{ t: 301 * 60_000_000, o: 1, h: 1, l: 1, c: 1, n: 1 }] });
  await settled();
  expect(changes.slice(2).map(({ kind, reset }) => [kind, reset])).toEqual([["bars", false]]);
  expect(second.bars("A", "1m")).toHaveLength(301);
});

test("a tab that has been hidden for a minute costs the server nothing, and shows old prices as old until new ones have come", async () => {
  const server = createModelServer();
  const open = browse(server.WebSocket);
  const serve = (ms = 300) => server.serve(ms, tick);
  const first = await open(["A"]);
  server.open();
  await serve();
  const second = await open({ symbols: ["A", "B"], bars: ["B"] });
  await serve();
  expect(second.quote("B")).toMatchObject({ last: 1, live: true });
  second.pause("hidden");
  await serve(55_000);
  expect([...server.state.symbols, ...server.state.series]).toEqual(["A", "B", "1m B"]);
  await serve(6000);
  expect([...server.state.symbols, ...server.state.series]).toEqual(["A"]);
  expect(second.quote("B")).toMatchObject({ last: 1, live: false });

  const seen: unknown[] = [];
  const look = () => seen.push(...["A", "B"].map((symbol) => `${symbol} ${second.quote(symbol)?.last}`));
  for (const name of ["changed", "state", "message", "synced"] as const) second.on(name, look);
  const { sent } = server.last();
  const before = sent.length;
  second.resume("hidden");
  await tick(1);
  expect(sent.slice(before)).toMatchObject([{ symbols: ["B"] }, { bars: ["B"] }]);
  server.last().says({ type: "heartbeat" });
  await tick(1);
  expect(["A", "B"].map((symbol) => second.quote(symbol)?.live)).toEqual([false, false]);
  await serve(100);
  expect(["A", "B"].map((symbol) => second.quote(symbol)?.live)).toEqual([true, true]);
  expect(second.state.synced).toBe(true);
  expect([...new Set(seen)].sort()).toEqual(["A 1", "B 1"]); // it never took them away
  expect(second.bars("B", "1m")).toHaveLength(1);
  expect(first.quote("A")).toMatchObject({ last: 1, live: true });

  // What is refused by then is told, and does not keep the rest from coming.
  second.pause("hidden");
  await serve(61_000);
  server.limits.maxSymbols = 1;
  second.resume("hidden");
  await serve(500);
  expect(second.state.synced).toBe(true);
  expect(second.refused("B")).toBe("too_many_symbols");
  expect(["A", "B"].map((symbol) => second.quote(symbol)?.live)).toEqual([true, false]);
});

test("a symbol is told of at once where it is new, however low the rate of the tab is", async () => {
  const server = createModelServer();
  const client = await browse(server.WebSocket)(["A"]);
  client.setRate(0.1);
  server.open();
  await server.serve(300, tick);
  const told = listen(client, "changed");
  client.subscribe(["B"]);
  await server.serve(300, tick);
  expect(told).toEqual([["B"]]);
});

test("a page that its browser gives no locks has a connection of its own", async () => {
  const server = createModelServer();
  const open = browse(server.WebSocket);
  const denied = () => Promise.reject(new DOMException("no locks here", "SecurityError"));
  vi.stubGlobal("navigator", { locks: { request: denied }, onLine: true });
  const client = await open(["A"]);
  server.open();
  await server.serve(300, tick);
  expect(client.quote("A")).toMatchObject({ last: 1, live: true });
  client.close();
});

test("a tab that has led says nothing of the leader that it lost before", async () => {
  const server = createModelServer();
  const open = browse(server.WebSocket);
  const first = await open(["A"]);
  server.open();
  await server.serve(300, tick);
  const second = await open(["A"]);
  first.close();
  await settled();
  server.open();
  await server.serve(300, tick);
  expect(second.state).toMatchObject({ role: "leader", synced: true, lostAt: null });
  second.disconnect();
  expect(second.state.lostAt).toBeNull();
  second.close();
});

test("nothing is planned after a client with a low rate is closed", async () => {
  const server = createModelServer();
  const open = browse(server.WebSocket);
  const first = await open(["A"]);
  server.open();
  await server.serve(300, tick);
  const second = await open(["A"]);
  second.setRate(0.1);
  await server.serve(300, tick);
  server.last().says(update(50, [{ s: "A", p: 50 }]));
  await settled();
  for (const client of [second, first]) client.close();
  expect(vi.getTimerCount()).toBe(0);
});

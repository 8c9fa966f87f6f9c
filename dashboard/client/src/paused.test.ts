import { beforeEach, expect, test, vi } from "vitest";
import { createFakeSockets, hello, snapshot, tick, update } from "../test/support/fakes.ts";
import { createClient } from "./client.ts";
import type { ServerMessage } from "./protocol/messages.ts";
import type { SeriesChange } from "./series/model.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));

const setup = async (what: Parameters<ReturnType<typeof createClient>["subscribe"]>[0]) => {
  const { WebSocket, last } = createFakeSockets();
  const client = createClient({ url: "http://host/", WebSocket, random: () => 0.5 });
  client.subscribe(what);
  client.connect();
  await vi.dynamicImportSettled();
  last().says(hello());
  await tick(1);
  return { client, last };
};

const trades = (number: number, reset = false): ServerMessage => ({
  type: "trades",
  seq: number,
  time: 1,
  symbol: "A",
  reset,
  skipped: 0,
  trades: [{ i: number, p: 1, t: number }],
});
const bars = (number: number): ServerMessage => ({
  type: "bars",
  seq: number,
  time: 1,
  symbol: "A",
  interval: "1s",
  bars: [{ t: number * 1_000_000, o: 1, h: 1, l: 1, c: 1, n: 1 }],
});

test("a paused client tells nothing of what comes meanwhile, and each series once when it goes on", async () => {
  const { client, last } = await setup({ symbols: ["A"], trades: ["A"], bars: ["A"], interval: "1s" });
  last().says(snapshot(1, [{ s: "A", p: 1 }]), trades(1, true), bars(1));
  client.pause("hidden");
  const told: string[] = [];
  const changes: SeriesChange[] = [];
  for (const name of ["changed", "quotes", "message", "update", "trades", "bars"] as const)
    client.on(name, () => told.push(name));
  client.on("series", (change) => changes.push(change));
  // Another tab follows the same, so it goes on coming.
  for (let i = 2; i < 500; i++) last().says(update(i, [{ s: "A", p: i }]), trades(i), bars(i));
  const long = { ...bars(0), bars: Array.from({ length: 12_000 }, (_, i) => ({ t: (i + 1) * 1_000_000, o: 1 })) };
  last().says(long as ServerMessage);
  expect([told, changes]).toEqual([[], []]);
  expect(client.bars("A", "1s")).toHaveLength(10_000);
  expect(client.trades("A")).toHaveLength(100);

  client.resume("hidden");
  expect(told).toEqual(["changed", "quotes"]);
  expect(changes.map(({ kind, reset }) => [kind, reset])).toEqual([
    ["trades", true],
    ["bars", true],
  ]);
  expect(changes.map((change) => (change.kind === "bars" ? change.bars.length : change.trades.length))).toEqual([
    100, 10_000,
  ]);
  expect(client.quote("A")).toMatchObject({ last: 499, live: false }); // it may be old
  last().says(snapshot(500, [], { resumed: true }), { type: "pong", id: Number(last().sent.at(-1)?.["id"]) });
  expect(client.quote("A")).toMatchObject({ last: 499, live: true });
});

test("its quotes are told once as no longer live, and nothing after that", async () => {
  const { client, last } = await setup(["A", "B"]);
  last().says(
    snapshot(1, [
      { s: "A", p: 1 },
      { s: "B", p: 1 },
    ]),
  );
  const told: string[][] = [];
  client.on("changed", (symbols) => told.push(symbols.map((symbol) => `${symbol} ${client.quote(symbol)?.live}`)));
  client.pause();
  expect(told).toEqual([["A false", "B false"]]);
  last().says(update(2, [{ s: "A", st: "halted" }]));
  last().breaks();
  expect(told).toHaveLength(1);
  expect(client.quote("A")).toMatchObject({ status: "halted", live: false });
});

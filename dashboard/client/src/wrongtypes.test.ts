import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { createFakeSockets, hello, snapshot } from "../test/support/fakes.ts";
import { createClient } from "./client.ts";
import type { Quote } from "./quotes/quote.ts";
import type { SourceState } from "./quotes/sources.ts";
import type { Bar, Trade } from "./series/model.ts";

const good = {
  hello: {
    ...{ protocol: 1, epoch: "e", seq: 1, time: 1, interval_ms: 100, heartbeat_ms: 5000, source: "sim", relays: 4 },
    ...{ simulated: true, replayed: false, status: "live", bars: ["1m"] },
    sources: [{ source: "sim", status: "live", since: 1, message: "", sources: [{ status: "live", quiet: true }] }],
  },
  subscribed: { id: 1, symbols: ["A"], unknown: ["B"], rate: 4, bars: ["A"], interval: "1m", trades: ["A"] },
  snapshot: {
    ...{ seq: 1, time: 1, resumed: false, more: false },
    quotes: [
      { s: "A", p: 1, z: 1, b: 1, bz: 1, a: 1, az: 1, o: 1, h: 1, l: 1, pc: 1, v: 1, n: 1, vw: 1, t: 1, st: "halted" },
    ],
  },
  update: {
    seq: 1,
    time: 1,
    more: false,
    quotes: [{ s: "A", p: 1, x: 1, xt: 1, src: "sim", adj: "split 2:1", why: "in doubt" }],
  },
  bars: {
    ...{ seq: 1, time: 1, symbol: "A", interval: "1m", reset: true, more: false },
    bars: [{ t: 1, o: 1, h: 1, l: 1, c: 1, v: 1, n: 1, vw: 1, x: true }],
  },
  trades: {
    ...{ seq: 1, time: 1, symbol: "A", reset: true, more: false, skipped: 0 },
    trades: [{ i: 1, p: 1, z: 1, t: 1, d: 1, c: ["@"], x: true, st: "corrected" }],
  },
  status: {
    source: "sim",
    status: "live",
    since: 1,
    message: "",
    simulated: true,
    delayed_ms: 1,
    quiet: true,
    sources: [],
  },
  heartbeat: { seq: 1, time: 1 },
  rate: { rate: 1, asked: 2, reason: "slow_consumer" },
  pong: { id: 1, time: 1 },
  error: { id: 1, code: "full", message: "" },
};

/** A value as it was, or with anything in place of any of its parts. */
const spoilt = (value: unknown): fc.Arbitrary<unknown> => {
  const anything = fc.oneof(fc.jsonValue(), fc.constantFrom("A", "1m", "live", -1, true, [null]));
  const kept = Array.isArray(value)
    ? fc.array(fc.oneof(...value.map(spoilt), fc.constant(value[0])), { maxLength: 3 })
    : typeof value === "object" && value !== null
      ? fc.record(Object.fromEntries(Object.entries(value).map(([key, one]) => [key, spoilt(one)])), {
          requiredKeys: [],
        })
      : fc.constant(value);
  return fc.oneof({ weight: 12, arbitrary: kept }, { weight: 1, arbitrary: anything });
};
const messages = fc.array(
  fc.oneof(
    ...Object.entries(good).map(([type, body]) =>
      fc.tuple(fc.constant(body), spoilt(body)).map(([whole, some]) => ({ ...whole, ...(some as object), type })),
    ),
  ),
  { maxLength: 12 },
);

const is = (type: string, ...values: readonly unknown[]) => {
  for (const value of values) expect(typeof value).toBe(type);
};
const maybe = (type: string, ...values: readonly unknown[]) =>
  is(type, ...values.filter((value) => value !== undefined));

const isQuote = (quote: Quote) => {
  is("string", quote.symbol, quote.status);
  const { last, size, bid, bidSize, ask, askSize, open, high, low, previousClose, volume, trades, vwap } = quote;
  maybe("number", last, size, bid, bidSize, ask, askSize, open, high, low, previousClose, volume, trades, vwap);
  maybe("number", quote.change, quote.changePercent, quote.extended, quote.extendedTime, quote.exchangeTime);
  maybe("string", quote.adjusted, quote.reason, quote.source);
  expect(["live", "stale", "halted", "closed", "down"]).toContain(quote.status);
};
const isBar = (bar: Bar) => {
  is("number", bar.time, bar.volume, bar.trades);
  maybe("number", bar.open, bar.high, bar.low, bar.close, bar.vwap);
};
const isTrade = (trade: Trade) => {
  is("number", trade.number, trade.price, trade.time);
  maybe("number", trade.size);
  expect([-1, 0, 1]).toContain(trade.direction);
  is("string", trade.status, ...trade.conditions);
};
const isSource = (source: SourceState) => {
  is("string", source.source, source.status, source.message);
  is("boolean", source.simulated, source.replayed, source.quiet);
  is("number", source.delay);
  if (source.since !== null) is("number", source.since);
  for (const one of source.sources) isSource(one);
};

test("whatever is wrong in a message, nothing throws, and what is handed out is of its type", async () => {
  vi.useFakeTimers({ now: 1_000_000 });
  const wrong = vi.fn();
  vi.stubGlobal("reportError", wrong);
  await fc.assert(
    fc.asyncProperty(messages, async (all) => {
      const { WebSocket, last } = createFakeSockets();
      const client = createClient({ url: "http://host/", WebSocket });
      client.subscribe({ symbols: ["*"], bars: ["A"], trades: ["A"] });
      client.on("quotes", (quotes) => quotes.forEach(isQuote));
      client.on("series", (change) =>
        change.kind === "bars" ? change.bars.forEach(isBar) : change.trades.forEach(isTrade),
      );
      client.on("sources", (sources) => sources.forEach(isSource));
      client.on("unknown", (symbols) => is("string", ...symbols));
      client.on("known", (symbols) => is("string", ...symbols));
      client.connect();
      await vi.dynamicImportSettled();
      last().says(hello(), snapshot(1, [{ s: "A", p: 1 }]));
      await vi.dynamicImportSettled();
      for (const message of all) last().says(message as never);
      client.quotes().forEach(isQuote);
      client.bars("A", "1m").forEach(isBar);
      client.trades("A").forEach(isTrade);
      client.sources.forEach(isSource);
      is("number", client.serverTime());
      client.close();
    }),
    { numRuns: Number(process.env["RUNS"] ?? 100) },
  );
  expect(wrong.mock.calls).toEqual([]);
}, 60_000);

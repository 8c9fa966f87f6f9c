import { beforeEach, expect, test, vi } from "vitest";
import { tick } from "../../test/support/fakes.ts";
import { createClient } from "../client.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));

const names = (count: number) => Array.from({ length: count }, (_, i) => `SYMBOL${i}`);
const storage = { getItem: () => null, setItem() {}, removeItem() {} };
const loaded = () => vi.dynamicImportSettled();

/** A proxy that takes request lines of so many bytes, and the server behind it, which is polled. */
const polled = async (bytes: number, symbols: readonly string[], charts: readonly string[] = [], maxSeries = 50) => {
  const urls: string[] = [];
  let seq = 0;
  const fetch = async (input: unknown) => {
    const url = String(input);
    if (url.endsWith("/healthz")) return new Response("{}");
    urls.push(url);
    if (url.length > bytes) return new Response("URI too long", { status: 414 });
    const query = new URL(url).searchParams;
    const bars = query.get("bars")?.split(",") ?? [];
    if (bars.length > maxSeries) {
      return new Response(JSON.stringify({ code: "too_many_symbols", detail: "too many" }), { status: 400 });
    }
    if (query.has("wait")) return new Promise<Response>(() => {});
    const quotes = (query.get("symbols") === "*" ? names(3000) : (query.get("symbols")?.split(",") ?? [])).map((s) => ({
      s,
      p: 1,
    }));
    const messages = bars.map((symbol) => ({
      ...{ type: "bars", seq: 1, time: 1, symbol, interval: "1m", reset: true },
      bars: [{ t: 0, o: 1, h: 1, l: 1, c: 1, n: 1 }],
    }));
    return new Response(JSON.stringify({ epoch: "e", seq: ++seq, time: 1, quotes, bars: messages }));
  };
  const client = createClient({
    url: "http://host/",
    transport: "poll",
    fetch: fetch as never,
    storage,
    random: () => 0.5,
  });
  client.subscribe({ symbols, bars: charts });
  client.connect();
  for (let i = 0; i < 20; i++) {
    await loaded();
    await tick(1000);
  }
  return { client, urls };
};

test("more symbols than a request line can have are asked for as all, and only they are known", async () => {
  const { client, urls } = await polled(8192, names(2000));
  expect(client.state).toMatchObject({ phase: "open", synced: true });
  expect(client.quotes()).toHaveLength(2000);
  expect(Math.max(...urls.map(({ length }) => length))).toBeLessThan(8192);
});

test("a proxy that takes less is asked otherwise, and ends nothing", async () => {
  const { client } = await polled(2000, names(400));
  expect(client.state).toMatchObject({ phase: "open", synced: true });
  expect(client.quotes()).toHaveLength(400);
});

test("as many series as the server allows are followed, and the rest is known to be refused", async () => {
  const symbols = names(60);
  const { client } = await polled(8192, ["SYMBOL1"], symbols);
  expect(client.state).toMatchObject({ phase: "open", synced: true });
  expect(symbols.filter((symbol) => client.bars(symbol, "1m").length)).toHaveLength(30);
  expect(symbols.filter((symbol) => client.refused(`1m ${symbol}`) === "too_many_symbols")).toHaveLength(30);
});

test("an event stream whose query may have been too long is opened with a shorter one", async () => {
  const urls: string[] = [];
  class EventSource extends EventTarget {
    constructor(url: string) {
      super();
      urls.push(url);
      setTimeout(() => {
        if (url.length > 2000) return this.dispatchEvent(new Event("error"));
        const symbols = names(3000).map((s) => ({ s, p: 1 }));
        for (const message of [
          { type: "hello", protocol: 1, epoch: "e", seq: 1, time: 1 },
          { type: "snapshot", seq: 1, time: 1, quotes: symbols },
        ]) {
          this.dispatchEvent(new MessageEvent(message.type, { data: JSON.stringify(message), lastEventId: "e-1" }));
        }
        return true;
      }, 10);
    }
    close(): void {}
  }
  const client = createClient({ url: "http://host/", transport: "sse", EventSource, storage, random: () => 0.5 });
  client.subscribe(names(400));
  client.connect();
  await loaded();
  await tick(3000);
  expect(urls).toHaveLength(2);
  expect(client.state).toMatchObject({ phase: "open", synced: true });
  expect(client.quotes()).toHaveLength(400);
});

import { type Client, createClient, type TransportName } from "tickertape-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { pause, random } from "./support/chance.ts";
import { type Gateway, startProxy } from "./support/proxy.ts";
import { type Recording, writeRecording } from "./support/recording.ts";
import { eventually, type Server, startServer } from "./support/server.ts";

/*
 * Readers who change their minds: each asks at random for quotes, bars and trades, gives them up, pauses, goes and comes
 * back, over connections that break. When the market has come to rest, each knows what the server does of what it wants
 * in the end, and nothing of the rest.
 */

const transports: readonly TransportName[] = ["websocket", "sse", "poll"];
const readers = 5; // on each
const intervals = ["1s", "5s", "1m"] as const;

let recording: Recording;
let server: Server;
let gateways: readonly Gateway[];

beforeAll(async () => {
  recording = writeRecording(14, 12, 400);
  server = await startServer({
    ...recording.environment,
    TICKERTAPE_BROADCAST_MAX_SERIES: "200",
    TICKERTAPE_WATCHLISTS: `[{name: some, symbols: [${recording.symbols.slice(0, 5).join(", ")}]}]`,
  });
  gateways = await Promise.all(transports.map(() => startProxy(server.port)));
});
afterAll(async () => {
  for (const gateway of gateways) await gateway.close();
  await server.close();
  recording.close();
});

/** What one reader wants in the end, as it knows itself. */
interface Wish {
  readonly symbols: Names;
  readonly bars: Names;
  readonly trades: Names;
}

/** Names that are wanted as often as they were asked for and not given up. */
class Names {
  readonly #counts = new Map<string, number>();
  /** Each name counts once, however often it is among them. */
  add(names: readonly string[]) {
    for (const name of new Set(names)) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }
  drop(names: readonly string[]) {
    for (const name of new Set(names)) {
      const left = (this.#counts.get(name) ?? 0) - 1;
      if (left > 0) this.#counts.set(name, left);
      else this.#counts.delete(name);
    }
  }
  has(name: string) {
    return this.#counts.has(name);
  }
  all(): readonly string[] {
    return [...this.#counts.keys()];
  }
}

const members = () => recording.symbols.slice(0, 5);
const spelt = (names: Iterable<string>): ReadonlySet<string> =>
  new Set([...names].flatMap((name) => (name === "*" ? recording.symbols : name === "#some" ? members() : [name])));

/** Changes its mind many times. */
async function changeMind(client: Client, wish: Wish, chance: () => number, unexpected: (what: string) => void) {
  client.on("quotes", (quotes) => {
    const now = spelt(wish.symbols.all());
    // Who is in a list only the server knows: with one, quotes of any symbol may come.
    if (wish.symbols.has("*") || wish.symbols.has("#some")) return;
    for (const { symbol } of quotes) if (!now.has(symbol)) unexpected(`a quote of ${symbol} came`);
  });
  const pick = <T>(from: readonly T[]): T => from[Math.floor(chance() * from.length)] as T;
  const some = () => Array.from({ length: 1 + Math.floor(chance() * 3) }, () => pick(recording.symbols));
  const steps: readonly (() => void)[] = [
    () => {
      const names = chance() < 0.3 ? [pick(["*", "#some", "#some"])] : some();
      wish.symbols.add(names);
      client.subscribe(names);
    },
    () => {
      const names = chance() < 0.3 ? ["*", "#some"] : some();
      wish.symbols.drop(names);
      client.unsubscribe(names);
    },
    () => {
      const [bars, interval] = [chance() < 0.2 ? ["#some"] : some(), pick(intervals)];
      wish.bars.add(bars.map((name) => `${interval} ${name}`));
      client.subscribe({ bars, interval });
    },
    () => {
      const [bars, interval] = [chance() < 0.2 ? ["#some"] : some(), pick(intervals)];
      wish.bars.drop(bars.map((name) => `${interval} ${name}`));
      client.unsubscribe({ bars, interval });
    },
    () => {
      const trades = some();
      wish.trades.add(trades);
      client.subscribe({ trades });
    },
    () => {
      const trades = some();
      wish.trades.drop(trades);
      client.unsubscribe({ trades });
    },
    () => client.setRate(pick([null, 2, 5])),
    () => client.setFields(pick([null, null, ["p"], ["p", "v", "n"]])),
    () => client.pause(),
    () => client.resume(),
    () => client.resume(),
    () => {
      client.disconnect();
      if (chance() < 0.7) client.connect();
    },
    () => client.connect(),
  ];
  for (let i = 0; i < 40; i++) {
    pick(steps)();
    if (chance() < 0.8) await pause(chance() * 300);
  }
  client.resume();
  client.setRate(null);
  client.setFields(null);
  client.connect();
}

const sorted = (value: object) => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
const get = async (path: string) => (await (await fetch(`${server.url}${path}`)).json()) as Record<string, unknown>;

test("whatever has been asked for and given up, in the end it is known, and nothing else", async () => {
  const unexpected: string[] = [];
  const all = transports.flatMap((transport, index) =>
    Array.from({ length: readers }, (_, reader) => {
      const url = gateways[index]?.url ?? "";
      const client = createClient({ url, transport, WebSocket: WebSocket as never });
      const wish: Wish = { symbols: new Names(), bars: new Names(), trades: new Names() };
      return { name: `${transport} ${reader}`, client, wish, chance: random(100 * index + reader + 1) };
    }),
  );
  const chance = random(7);
  let changing = true;
  const trouble = async () => {
    while (changing) {
      await pause(300 + chance() * 1200);
      gateways[Math.floor(chance() * gateways.length)]?.cut();
    }
  };
  const breaking = trouble();
  try {
    await Promise.all(
      all.map(({ name, client, wish, chance }) =>
        changeMind(client, wish, chance, (what) => unexpected.push(`${name}: ${what}`)),
      ),
    );
    changing = false;
    await breaking;
    await eventually(async () => expect(await get("/api/quotes?symbols=*")).toHaveProperty("status", "closed"), 40_000);

    const served = new Map<string, unknown>();
    const { quotes } = await get("/api/quotes?symbols=*");
    for (const quote of quotes as { s: string }[]) served.set(quote.s, sorted(quote));
    for (const interval of intervals) {
      const { series } = await get(`/api/bars?symbols=*&interval=${interval}`);
      for (const { symbol, bars } of series as { symbol: string; bars: { t: number; c: number; n: number }[] }[])
        served.set(
          `${interval} ${symbol}`,
          bars.map(({ t, c, n }) => [t / 1000, c, n]),
        );
    }
    for (const symbol of recording.symbols) {
      const { trades } = await get(`/api/quotes?trades=${symbol}`);
      const [message] = trades as { trades: { i: number; p: number }[] }[];
      served.set(
        `trades ${symbol}`,
        message?.trades.map(({ i, p }) => [i, p]),
      );
    }
    for (const { name, client, wish } of all) {
      const wanted = spelt(wish.symbols.all());
      await eventually(() => {
        expect(client.state.synced || wanted.size === 0, `${name} has all`).toBe(true);
        const known = new Map(client.quotes().map((quote) => [quote.symbol, sorted(quote.raw)]));
        expect([...known.keys()].sort(), name).toEqual([...wanted].sort());
        for (const [symbol, quote] of known) expect(quote, `${name} ${symbol}`).toEqual(served.get(symbol));
        for (const interval of intervals) {
          const listed = wish.bars.has(`${interval} #some`);
          for (const symbol of recording.symbols) {
            const key = `${interval} ${symbol}`;
            const wanted = wish.bars.has(key) || (listed && members().includes(symbol));
            if (listed && !wanted) continue; // it may have been followed before: who is in the list, the client cannot know
            const bars = client.bars(symbol, interval).map(({ time, close, trades }) => [time, close, trades]);
            expect(bars, `${name} ${key}`).toEqual(wanted ? served.get(key) : []);
          }
        }
        for (const symbol of recording.symbols) {
          const trades = client.trades(symbol).map(({ number, price }) => [number, price]);
          const want = wish.trades.has(symbol) ? served.get(`trades ${symbol}`) : [];
          expect(trades, `${name} trades ${symbol}`).toEqual(want);
        }
      });
    }
    expect(unexpected).toEqual([]);
  } finally {
    changing = false;
    for (const { client } of all) client.close();
  }
});

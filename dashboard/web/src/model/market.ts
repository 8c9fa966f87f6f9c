import { computed, type ReadonlySignal, signal } from "@preact/signals-core";
import type { Client, ClientState, WireQuote } from "tickertape-client";
import type { Row } from "../columns/row.ts";
import type { Api } from "./api.ts";
import { createConnectionStats } from "./connectionstats.ts";
import { createDecimals } from "./decimals.ts";
import { createDirectory } from "./directory.ts";
import { combine, type FeedState, replayedFrom } from "./feed.ts";
import { judge, type Liveness } from "./liveness.ts";
import type { Meter } from "./meter.ts";

/** What the market reads from. */
export interface MarketOptions {
  readonly client: Client;
  readonly api: Pick<Api, "describe" | "everything">;
  readonly meter: Meter;
  /** In ms since the Unix epoch. */
  readonly now?: () => number;
}

const noFeed = combine([
  {
    source: "",
    simulated: false,
    replayed: false,
    delay: 0,
    quiet: false,
    status: "live",
    since: null,
    message: "",
    sources: [],
  },
]);

/** The prices that the page follows, and whether they are live. Closing it closes the client. */
export function createMarket({ client, api, meter, now = Date.now }: MarketOptions) {
  const listeners = new Set<(symbol: string) => void>();
  const changed = (symbol: string) => {
    for (const listener of listeners) listener(symbol);
  };
  const state = signal<ClientState>(client.state);
  const feed = signal<FeedState>(noFeed);
  const directory = createDirectory({ api, changed });
  const decimals = createDecimals();
  const stats = createConnectionStats({ client, meter, replayed: (source) => replayedFrom(feed.peek(), source), now });
  const liveness: ReadonlySignal<Liveness> = computed(() => {
    const { now, newest, silence } = stats.value.value;
    // Where markets are closed or trading is halted, rows say so. It is asked of thousands only while nothing comes.
    const expected = silence !== null && silence.lasts > 1000 && client.quotes().some(({ live }) => live);
    return judge(state.value, feed.value, now, newest !== null, expected ? silence : null);
  });
  const kept = signal<readonly string[] | null | undefined>(undefined);
  let epoch = "";

  const known = () => client.quotes().map(({ raw }) => raw);
  let listed: readonly string[] = [];
  const extra = new Map<string, readonly string[]>(); // beside those listed, by who wants them
  let followed: readonly string[] = [];
  const follow = () => {
    const wanted = new Set(listed);
    if (!wanted.has("*")) for (const symbol of [...extra.values()].flat()) wanted.add(symbol);
    const before = new Set(followed);
    followed = [...wanted];
    const gone = [...before].filter((symbol) => !wanted.has(symbol));
    client.unsubscribe(gone);
    client.subscribe(followed.filter((symbol) => !before.has(symbol)));
    stats.begin(known());
    if (gone.length > 0) stats.pace(); // what is left may have ticks less often
    void directory.describe(followed);
  };

  /** Takes note of the quotes of a message, and returns how many of them this page follows. */
  const arrived = (quotes: readonly { readonly s: string }[]): number => {
    const followed: WireQuote[] = [];
    for (const { s } of quotes) {
      const entry = client.entry(s);
      if (entry) followed.push(entry.quote);
    }
    stats.arrived(followed);
    return followed.length;
  };

  const stops = [
    client.on("state", (next) => {
      state.value = next;
      stats.expect(next.phase === "open" && next.synced && !next.paused);
      stats.update();
    }),
    client.on("hello", (hello) => {
      kept.value = hello.bars ?? null;
      if (epoch !== "" && epoch !== hello.epoch) directory.expire();
      ({ epoch } = hello);
    }),
    client.on("sources", (sources) => {
      const before = feed.peek();
      feed.value = combine(sources);
      if (feed.value.replayed !== before.replayed) stats.begin(known());
      if (feed.value.status === "live") directory.retry(); // a relay that is connected now may have symbols
    }),
    client.on("changed", (symbols) => {
      for (const symbol of symbols) changed(symbol);
    }),
    client.on("snapshot", (message) => {
      const count = arrived(message.quotes);
      if (state.value.transport === "poll" && message.resumed) meter.add(count); // polls bring changes as snapshots
    }),
    client.on("update", (message) => meter.add(arrived(message.quotes))),
    client.on("unknown", (symbols) => {
      for (const symbol of symbols) changed(symbol);
    }),
    client.on("known", (symbols) => {
      for (const symbol of symbols) changed(symbol);
      void directory.describeAgain(symbols);
    }),
    client.on("synced", () => {
      void directory.describe(followed);
      directory.retry();
    }),
  ];

  return {
    /** The state of the connection. */
    state: state as ReadonlySignal<ClientState>,
    feed: feed as ReadonlySignal<FeedState>,
    connectionStats: stats.value,
    /** The intervals of which the server keeps bars; undefined before its hello, and null if that does not say. */
    kept: kept as ReadonlySignal<readonly string[] | null | undefined>,
    liveness,
    directory,

    /** Calls the listener for each symbol whose row has changed. Returns the function that stops it. */
    listen(listener: (symbol: string) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /** Subscribes to these symbols and unsubscribes from all others; "*" alone is all symbols. */
    follow(symbols: readonly string[]): void {
      listed = symbols;
      follow();
    },

    /** Subscribes to these symbols as well, beside those of `follow`; `view` is who shows them. None ends it. */
    followExtra(view: "detail" | "search", symbols: readonly string[]): void {
      if (symbols.length > 0) extra.set(view, symbols);
      else if (!extra.delete(view)) return;
      follow();
    },

    /** What is known of a symbol. */
    row(symbol: string): Row {
      const entry = client.entry(symbol);
      const info = directory.info(symbol);
      return {
        symbol,
        name: info?.name ?? "",
        zone: info?.zone ?? "",
        entry,
        decimals: decimals.of(symbol, entry, info?.decimals),
        tick: entry?.tick ?? 0,
        unknown: client.unknown(symbol) && !entry,
        replayed: replayedFrom(feed.peek(), entry?.quote.src),
      };
    },

    /** The age of the price of a row, in ms; 0 without a price. */
    age: ({ entry }: Row): number => (entry ? stats.age(entry) : 0),

    togglePause(): void {
      if (state.value.paused) client.resume("user");
      else client.pause("user");
    },

    close(): void {
      stats.close();
      directory.close();
      for (const stop of stops) stop();
      client.close();
    },
  };
}

/** The prices that the page follows. */
export type Market = ReturnType<typeof createMarket>;

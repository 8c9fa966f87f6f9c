import { computed, type ReadonlySignal, signal } from "@preact/signals-core";
import type { Client, ClientState, Entry } from "tickertape-client";
import type { Row } from "../columns/row.ts";
import type { Api } from "./api.ts";
import { type Condition, judge } from "./condition.ts";
import { createDecimals } from "./decimals.ts";
import { createDirectory } from "./directory.ts";
import { combine, type FeedState } from "./feed.ts";
import type { Meter } from "./meter.ts";
import { createVitals } from "./vitals.ts";

export interface MarketOptions {
  readonly client: Client;
  readonly api: Pick<Api, "describe" | "everything">;
  readonly meter: Meter;
  /** In ms since the Unix epoch. */
  readonly now?: () => number;
}

const noFeed = combine([{ source: "", simulated: false, status: "live", since: null, message: "" }]);

/** The prices that the page follows, and how it stands with them. It closes the client that it is given. */
export function createMarket({ client, api, meter, now = Date.now }: MarketOptions) {
  const listeners = new Set<(symbol: string) => void>();
  const changed = (symbol: string) => {
    for (const listener of listeners) listener(symbol);
  };
  const state = signal<ClientState>(client.state);
  const feed = signal<FeedState>(noFeed);
  const directory = createDirectory({ api, changed });
  const decimals = createDecimals();
  const vitals = createVitals({ client, meter, replayed: () => feed.peek().source === "replay", now });
  const condition: ReadonlySignal<Condition> = computed(() =>
    judge(state.value, feed.value, vitals.value.value.now, vitals.value.value.newest !== null),
  );

  let listed: readonly string[] = [];
  let extra: string | null = null;
  let followed: readonly string[] = [];
  const unknown = new Set<string>();

  const follow = () => {
    const wanted = new Set(listed);
    if (extra !== null && !wanted.has("*")) wanted.add(extra);
    const before = new Set(followed);
    followed = [...wanted];
    const gone = [...before].filter((symbol) => !wanted.has(symbol));
    for (const symbol of gone) unknown.delete(symbol);
    client.unsubscribe(gone);
    client.subscribe(followed.filter((symbol) => !before.has(symbol)));
    void directory.describe(followed);
  };

  /** Takes in quotes of a message, and returns how many of them this page follows. */
  const take = (quotes: readonly { readonly s: string }[]): number => {
    const entries: Entry[] = [];
    for (const { s } of quotes) {
      const entry = client.entry(s);
      if (!entry) continue;
      entries.push(entry);
      if (unknown.delete(s)) changed(s);
    }
    vitals.take(entries);
    return entries.length;
  };

  const stops = [
    client.on("state", (next) => {
      state.value = next;
      vitals.update();
    }),
    client.on("sources", (sources) => {
      feed.value = combine(sources);
    }),
    client.on("changed", (symbols) => {
      for (const symbol of symbols) changed(symbol);
    }),
    client.on("snapshot", (message) => {
      const count = take(message.quotes);
      if (state.value.transport === "poll" && message.resumed) meter.add(count); // polls bring all changes this way
    }),
    client.on("update", (message) => meter.add(take(message.quotes))),
    client.on("unknown", (symbols) => {
      for (const symbol of symbols) {
        unknown.add(symbol);
        changed(symbol);
      }
    }),
    client.on("synced", () => {
      void directory.describe(followed);
      directory.retry();
    }),
  ];

  return {
    /** How it stands with the connection. */
    state: state as ReadonlySignal<ClientState>,
    feed: feed as ReadonlySignal<FeedState>,
    vitals: vitals.value,
    condition,
    directory,

    /** Has the listener called for each symbol whose row would look different now. Returns what ends that. */
    listen(listener: (symbol: string) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /** Follows these symbols and no others; "*" alone is all of them. */
    follow(symbols: readonly string[]): void {
      listed = symbols;
      follow();
    },

    /** Follows one symbol more, whatever else is followed; null is none. */
    followExtra(symbol: string | null): void {
      extra = symbol;
      follow();
    },

    /** What is known of a symbol now. */
    row(symbol: string): Row {
      const entry = client.entry(symbol);
      const info = directory.info(symbol);
      return {
        symbol,
        name: info?.name ?? "",
        zone: info?.zone ?? "",
        entry,
        decimals: decimals.of(symbol, entry, info?.decimals),
        unknown: unknown.has(symbol) && !entry,
      };
    },

    /** How old the price of a row is, in ms; 0 without one. */
    age: ({ entry }: Row): number => (entry ? vitals.age(entry) : 0),

    togglePause(): void {
      if (state.value.paused) client.resume("user");
      else client.pause("user");
    },

    close(): void {
      vitals.close();
      for (const stop of stops) stop();
      client.close();
    },
  };
}

export type Market = ReturnType<typeof createMarket>;

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals-core";
import { type Client, type ClientState, decimalsOf, type Entry } from "tickertape-client";
import { measureLatency } from "tickertape-client/latency";
import type { Row } from "../columns/row.ts";
import type { Api, SymbolInfo } from "./api.ts";
import { type Condition, combine, type FeedState, judge } from "./condition.ts";
import type { Meter } from "./meter.ts";

export interface Vitals {
  /**
   * Age of the newest tick in ms; null before the first. A recording's ticks keep the times of
   * their day, so there it is the time since the last of them came.
   */
  readonly newest: number | null;
  /** Quotes a second. */
  readonly rate: number;
  /** The round trip to the server in ms; null while nobody knows. */
  readonly latency: number | null;
  readonly now: number;
}

export interface MarketOptions {
  readonly client: Client;
  readonly api: Pick<Api, "describe" | "everything">;
  readonly meter: Meter;
  /** Called for each symbol whose row would look different now. */
  readonly changed: (symbol: string) => void;
  readonly now?: () => number;
}

const noFeed = combine([{ source: "", simulated: false, status: "live", since: null, message: "" }]);
const fewestDecimals = 2;

/** The prices that are followed, and how it stands with them. */
export function createMarket(options: MarketOptions) {
  const { client, api, meter, changed, now = Date.now } = options;

  const latency = measureLatency(client);
  const state: Signal<ClientState> = signal(client.state);
  const feed: Signal<FeedState> = signal(noFeed);
  const vitals: Signal<Vitals> = signal({ newest: null, rate: 0, latency: null, now: now() });
  const condition: ReadonlySignal<Condition> = computed(() =>
    judge(state.value, feed.value, vitals.value.now, vitals.value.newest !== null),
  );
  /** The records of all that the server has; null until they have been asked for and come. */
  const everything: Signal<readonly SymbolInfo[] | null> = signal(null);

  const infos = new Map<string, SymbolInfo>();
  /** Grows when records come. */
  const learned: Signal<number> = signal(0);
  const unknown = new Set<string>();
  const decimals = new Map<string, number>();
  let listed: readonly string[] = [];
  let peeked: string | null = null;
  let followed: readonly string[] = [];
  let newest = 0;
  let arrived = 0; // the last quotes
  let wantsAll = false;

  const learn = (records: readonly SymbolInfo[]) => {
    for (const info of records) {
      infos.set(info.symbol, info);
      changed(info.symbol);
    }
    learned.value++;
  };

  const describe = async () => {
    const missing = followed.filter((symbol) => symbol !== "*" && !infos.has(symbol));
    if (missing.length === 0) return;
    try {
      learn(await api.describe(missing));
    } catch {
      return; // the next connection asks again
    }
    for (const symbol of missing) if (!infos.has(symbol)) infos.set(symbol, { symbol });
  };

  const follow = () => {
    const wanted = new Set(listed);
    if (peeked !== null && !wanted.has("*")) wanted.add(peeked);
    const before = new Set(followed);
    followed = [...wanted];
    const gone = [...before].filter((symbol) => !wanted.has(symbol));
    for (const symbol of gone) unknown.delete(symbol);
    client.unsubscribe(gone);
    client.subscribe(followed.filter((symbol) => !before.has(symbol)));
    void describe();
  };

  let loading: Promise<void> | null = null;
  const load = async () => {
    try {
      const records = await api.everything();
      learn(records);
      everything.value = records;
    } catch {
      // the next connection asks again
    }
    loading = null;
  };
  /** One request at a time: a second answer would put rows in order anew that are held by then. */
  const loadEverything = (): Promise<void> => {
    wantsAll = true;
    loading ??= load();
    return loading;
  };

  const beat = () => {
    const replayed = feed.peek().source === "replay";
    const age = replayed ? now() - arrived : Math.max(0, client.serverTime() - newest / 1000);
    vitals.value = {
      newest: newest > 0 ? age : null,
      rate: meter.rate(),
      latency: state.peek().paused ? null : latency.value,
      now: now(),
    };
  };

  const took = (quotes: readonly { readonly s: string }[]) => {
    let count = 0;
    for (const { s } of quotes) {
      const entry = client.entry(s);
      if (!entry) continue;
      count++;
      newest = Math.max(newest, entry.quote.t ?? 0);
      if (unknown.delete(s)) changed(s);
    }
    if (count > 0) arrived = now();
    return count;
  };

  const stops = [
    client.on("state", (next) => {
      state.value = next;
      beat();
    }),
    client.on("sources", (sources) => {
      feed.value = combine(sources);
    }),
    client.on("changed", (symbols) => {
      for (const symbol of symbols) changed(symbol);
    }),
    client.on("snapshot", (message) => {
      const count = took(message.quotes);
      if (state.value.transport === "poll" && message.resumed) meter.add(count);
    }),
    client.on("update", (message) => meter.add(took(message.quotes))),
    client.on("unknown", (symbols) => {
      for (const symbol of symbols) {
        unknown.add(symbol);
        changed(symbol);
      }
    }),
    client.on("synced", () => {
      void describe();
      if (wantsAll && everything.peek() === null) void loadEverything();
    }),
  ];
  const heart = setInterval(beat, 1000);

  const digits = (symbol: string, entry: Entry | undefined): number => {
    let most = Math.max(fewestDecimals, decimals.get(symbol) ?? 0, infos.get(symbol)?.decimals ?? 0);
    const quote = entry?.quote;
    if (quote) {
      for (const value of [quote.p, quote.b, quote.a, quote.pc, quote.h, quote.l]) {
        if (value !== undefined) most = Math.max(most, decimalsOf(value));
      }
    }
    decimals.set(symbol, most); // kept, so that the decimal point does not wander
    return most;
  };

  return {
    state: state as ReadonlySignal<ClientState>,
    feed: feed as ReadonlySignal<FeedState>,
    vitals: vitals as ReadonlySignal<Vitals>,
    condition,
    everything: everything as ReadonlySignal<readonly SymbolInfo[] | null>,

    /** Follows these and no others; "*" alone is everything. */
    follow(next: readonly string[]): void {
      listed = next;
      follow();
    },

    /** Follows one symbol more, whatever else is followed; null is none. */
    peek(symbol: string | null): void {
      peeked = symbol;
      follow();
    },

    info: (symbol: string): SymbolInfo | undefined => infos.get(symbol),
    learned: learned as ReadonlySignal<number>,
    learn,
    loadEverything,

    row(symbol: string): Row {
      const entry = client.entry(symbol);
      const info = infos.get(symbol);
      return {
        symbol,
        name: info?.name ?? "",
        zone: info?.zone ?? "",
        entry,
        decimals: digits(symbol, entry),
        unknown: unknown.has(symbol) && !entry,
      };
    },

    /** How old the price of an entry is, in ms; that of a recording since it came. */
    age(entry: Entry): number {
      if (feed.peek().source === "replay" || entry.quote.t === undefined) return now() - entry.received;
      return Math.max(0, client.serverTime() - entry.quote.t / 1000);
    },

    togglePause(): void {
      if (state.value.paused) client.resume("user");
      else client.pause("user");
    },

    close(): void {
      clearInterval(heart);
      latency.close();
      for (const stop of stops) stop();
      client.close();
    },
  };
}

export type Market = ReturnType<typeof createMarket>;

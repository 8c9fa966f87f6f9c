import type { Close } from "./api.ts";

/** The prices of a sparkline. Times are in ms since the Unix epoch. */
export interface Spark {
  /** Closes of five minutes, each a price that was traded. */
  readonly points: readonly Close[];
  /** The newest price, which comes after the points. */
  readonly last: number | null;
  /** Why there is nothing to draw; "" where there is. */
  readonly missing: string;
}

/** Where sparklines come from. */
export interface SparkOptions {
  /** Fetches the closes of each symbol's newest trading day, oldest first. */
  readonly fetch: (symbols: readonly string[]) => Promise<ReadonlyMap<string, readonly Close[]>>;
  /** Whether the server keeps bars of `sparkInterval`. */
  readonly kept: () => boolean;
  readonly now?: () => number;
}

/** The time between two points, in ms. */
export const sparkInterval = 300_000;
/** The most points of a sparkline: a day of a coin has so many, a session of a stock 78. */
export const sparkPoints = 288;
const fewestPoints = 5; // with less, a line would say more than is known
const atOnce = 60; // symbols in one request
const gatherFor = 120; // ms: rows that come into sight together are asked for together
// ms until a failed request is repeated over the same connection. A server that is connected and does not give the bars
// is busy, or refuses them to this reader: asking each second, as the table would, makes that worse. After a new
// connection, the request is repeated at once.
const retryAfter = 30_000;
const maxKept = 600; // symbols; those that were seen longest ago are dropped first

interface Slot extends Spark {
  points: Close[];
  last: number | null;
  /** Differs from day to day; empty while it is not known. */
  day: string;
}

const notKept: Spark = { points: [], last: null, missing: "The server keeps no bars of five minutes." };
const makeSlot = (points: readonly Close[], last: number | null, day: string): Slot => ({
  points: points.slice(-sparkPoints),
  last,
  day,
  get missing() {
    return this.points.length < fewestPoints ? "There are not yet five prices, five minutes apart." : "";
  },
});

/** The prices of the sparklines. They are fetched once for the rows in sight, and extended by live prices. */
export function createSparks(options: SparkOptions) {
  const { now = Date.now } = options;
  const slots = new Map<string, Slot>();
  const wanted = new Set<string>();
  let pending = new Set<string>(); // symbols in requests that are under way; a new set for each run of the server
  const failed = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const ask = async () => {
    timer = undefined;
    const symbols = [...wanted].slice(0, atOnce);
    const mine = pending;
    for (const symbol of symbols) {
      wanted.delete(symbol);
      mine.add(symbol);
    }
    if (wanted.size > 0) timer = setTimeout(ask, gatherFor);
    try {
      const closes = await options.fetch(symbols);
      if (closed || mine !== pending) return;
      for (const symbol of symbols) {
        const slot = slots.get(symbol);
        slots.set(symbol, makeSlot(closes.get(symbol) ?? [], slot?.last ?? null, slot?.day ?? ""));
      }
      for (const symbol of slots.keys()) {
        if (slots.size <= maxKept) break;
        slots.delete(symbol);
      }
    } catch {
      if (mine === pending) for (const symbol of symbols) failed.set(symbol, now());
    } finally {
      for (const symbol of symbols) mine.delete(symbol);
    }
  };

  const want = (symbol: string) => {
    if (pending.has(symbol)) return;
    wanted.add(symbol);
    timer ??= setTimeout(ask, gatherFor);
  };

  return {
    /** The sparkline of a symbol that is in sight; null until it has been fetched, which this call asks for. */
    get(symbol: string): Spark | null {
      if (!options.kept()) return notKept;
      const slot = slots.get(symbol);
      if (slot) {
        slots.delete(symbol); // to the end, since it was seen last
        slots.set(symbol, slot);
        return slot;
      }
      const since = failed.get(symbol);
      if (since !== undefined && now() - since < retryAfter) return null;
      failed.delete(symbol);
      want(symbol);
      return null;
    },

    /**
     * Adds a live price of that time, in ms since the Unix epoch. `day` is any text that differs from day to day: when
     * it changes, the sparkline is fetched again. Returns whether the sparkline has changed.
     */
    extend(symbol: string, price: number, time: number, day: string): boolean {
      const slot = slots.get(symbol);
      if (!slot) return false;
      if (slot.day !== "" && slot.day !== day) want(symbol);
      slot.day = day;
      if (slot.last === price) return false;
      const start = Math.floor(time / sparkInterval) * sparkInterval;
      const newest = slot.points.at(-1);
      // The time may be that of a bid: only a price that has changed was traded in these five minutes.
      const before = slot.last ?? newest?.[1];
      if (before === undefined || before === price) {
        slot.last = price;
        return true;
      }
      if (!newest) slot.points.push([start, price]);
      else if (start > newest[0]) {
        if (slot.last !== null) slot.points[slot.points.length - 1] = [newest[0], slot.last];
        slot.points.push([start, price]);
        if (slot.points.length > sparkPoints) slot.points.shift();
      }
      slot.last = price;
      return true;
    },

    /** Lets `get` ask again at once for what has failed. Call it after a new connection. */
    retry(): void {
      failed.clear();
    },

    /**
     * Drops all, so that `get` asks for them again. Call it after the server was started anew, since it has other bars.
     */
    forget(): void {
      pending = new Set();
      slots.clear();
      failed.clear();
    },

    close(): void {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** The prices of the sparklines. */
export type Sparks = ReturnType<typeof createSparks>;

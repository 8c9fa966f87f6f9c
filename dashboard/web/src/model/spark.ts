import type { Close } from "./api.ts";

/** A day of prices, small: times in milliseconds since the Unix epoch. */
export interface Spark {
  readonly points: readonly Close[];
  /** The newest price, which stands after the points. */
  readonly last: number | null;
}

export interface SparkOptions {
  /** Fetches the closes of each symbol's newest trading day, oldest first. */
  readonly fetch: (symbols: readonly string[]) => Promise<ReadonlyMap<string, readonly Close[]>>;
  readonly now?: () => number;
}

export const sparkInterval = 300_000; // ms of one point
export const sparkPoints = 288; // at most: the day of a coin; a session of a stock has 78
const atOnce = 60; // symbols in one request
const gather = 120; // ms: rows that come into sight together are asked for together
// ms before what failed is asked for again over the same connection. A server that is reached and does not give the bars is
// busy, or refuses them to this reader: asking each second, as the table would, makes that worse. A new connection asks at once.
const again = 30_000;
const kept = 600; // symbols; those that have been out of sight longest go first

interface Slot {
  points: Close[];
  last: number | null;
  /** Tells the day apart from others; empty while that is not known. */
  day: string;
}

/** The prices behind the sparklines: fetched once for the rows in sight, and carried on by the live prices. */
export function createSparks(options: SparkOptions) {
  const { now = Date.now } = options;
  const slots = new Map<string, Slot>();
  const wanted = new Set<string>();
  let pending = new Set<string>(); // another one for another run of the server, whose answers alone are taken
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
    if (wanted.size > 0) timer = setTimeout(ask, gather);
    try {
      const closes = await options.fetch(symbols);
      if (closed || mine !== pending) return;
      for (const symbol of symbols) {
        const slot = slots.get(symbol);
        slots.set(symbol, {
          points: [...(closes.get(symbol) ?? [])].slice(-sparkPoints),
          last: slot?.last ?? null,
          day: slot?.day ?? "",
        });
      }
      for (const symbol of slots.keys()) {
        if (slots.size <= kept) break;
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
    timer ??= setTimeout(ask, gather);
  };

  return {
    /** The picture of a symbol that is in sight; it is fetched when it is not there. */
    get(symbol: string): Spark | null {
      const slot = slots.get(symbol);
      if (slot) {
        slots.delete(symbol); // to the end: it has been seen last
        slots.set(symbol, slot);
        return slot;
      }
      const since = failed.get(symbol);
      if (since !== undefined && now() - since < again) return null;
      failed.delete(symbol);
      want(symbol);
      return null;
    },

    /**
     * The newest price, of the time in milliseconds, and what the day has that others have not: with another one, the
     * picture is asked for anew. True when it is another one now.
     */
    extend(symbol: string, price: number, time: number, day: string): boolean {
      const slot = slots.get(symbol);
      if (!slot) return false;
      if (slot.day !== "" && slot.day !== day) want(symbol);
      slot.day = day;
      if (slot.last === price) return false;
      const start = Math.floor(time / sparkInterval) * sparkInterval;
      const newest = slot.points.at(-1);
      if (!newest) slot.points.push([start, price]);
      else if (start > newest[0]) {
        if (slot.last !== null) slot.points[slot.points.length - 1] = [newest[0], slot.last];
        slot.points.push([start, price]);
        if (slot.points.length > sparkPoints) slot.points.shift();
      }
      slot.last = price;
      return true;
    },

    /** Asks again for what failed, as soon as it is in sight: there is a new connection. */
    retry(): void {
      failed.clear();
    },

    /** Asks for all anew, as soon as they are in sight: another run of the server has other bars. */
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

export type Sparks = ReturnType<typeof createSparks>;

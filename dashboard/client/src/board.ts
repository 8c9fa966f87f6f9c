import type { Quote, QuotePatch, Snapshot, Update } from "./protocol.ts";

/** What the page knows of one symbol; a change makes another entry. */
export interface Entry {
  readonly quote: Quote;
  /** The flush that told it. */
  readonly seq: number;
  /**
   * False from the moment a connection begins until it has vouched for this state: an unconfirmed
   * price is an old price and must not look live.
   */
  readonly confirmed: boolean;
  /** Which way the last price went: 1 up, -1 down, 0 not known. Kept until it moves again. */
  readonly tick: -1 | 0 | 1;
  /** When the server sent it, in microseconds since the Unix epoch, by its clock. */
  readonly sent: number;
  /** When it arrived, in milliseconds since the Unix epoch, by ours. */
  readonly received: number;
}

interface Slot extends Entry {
  /** Of an earlier run of the server: its seq says nothing and only a full quote may replace it. */
  readonly foreign: boolean;
}

export interface BoardOptions {
  /** Called for each symbol whose entry is another one now. */
  readonly changed?: (symbol: string) => void;
  /** Which symbols are of interest; messages still under way for others are dropped. */
  readonly follows?: (symbol: string) => boolean;
  readonly now?: () => number;
}

/** Merges by key: what the patch names is taken, `null` takes a key away, the rest stays. */
export function mergeQuote(quote: Quote, patch: QuotePatch): Quote {
  const merged: Record<string, unknown> = { ...quote, ...patch };
  for (const key in patch) if (merged[key] === null) delete merged[key];
  return merged as unknown as Quote;
}

/**
 * The last values, merged by the protocol's rules: a full quote replaces, an update merges by
 * key, and nothing older than what is known is taken in. Between `begin` and `settle` it holds
 * both what a new connection has confirmed and what is left from the one before.
 */
export function createBoard(options: BoardOptions = {}) {
  const { changed = () => {}, follows = () => true, now = Date.now } = options;
  const entries = new Map<string, Slot>();
  let epoch = "";

  const put = (symbol: string, entry: Slot) => {
    entries.set(symbol, entry);
    changed(symbol);
  };

  const take = (quote: Quote, old: Slot | undefined, confirmed: boolean, { seq, time }: Snapshot | Update) => {
    const moved = (quote.p ?? Number.NaN) - (old?.quote.p ?? Number.NaN);
    put(quote.s, {
      quote,
      seq,
      confirmed,
      tick: moved > 0 ? 1 : moved < 0 ? -1 : !old || old.foreign ? 0 : old.tick,
      sent: time,
      received: now(),
      foreign: false,
    });
  };

  return {
    /** A connection said hello: nothing is confirmed until it says so. */
    begin(next: string): void {
      const foreign = next !== epoch;
      epoch = next;
      for (const [symbol, entry] of entries) {
        put(symbol, { ...entry, foreign: entry.foreign || foreign, confirmed: false });
      }
    },

    snapshot(message: Snapshot): void {
      for (const whole of message.quotes) {
        const { s } = whole;
        if (!follows(s)) continue;
        const old = entries.get(s);
        // A resumed one names what went away, as null.
        if (!old || old.foreign || message.seq >= old.seq) take(mergeQuote({ s }, whole), old, true, message);
        else put(s, { ...old, confirmed: true }); // what we have is newer, and of the same run
      }
    },

    update(message: Update): void {
      for (const patch of message.quotes) {
        const { s } = patch;
        if (!follows(s)) continue;
        const old = entries.get(s);
        // The first word on a symbol that had no quote when it was subscribed has all keys.
        if (!old) take(mergeQuote({ s }, patch), old, true, message);
        else if (!old.foreign && message.seq >= old.seq) {
          take(mergeQuote(old.quote, patch), old, old.confirmed, message);
        }
      }
    },

    /** The connection is lost: nothing is vouched for until the next. */
    doubt(): void {
      for (const [symbol, entry] of entries) if (entry.confirmed) put(symbol, { ...entry, confirmed: false });
    },

    /**
     * The connection has told all it had to tell at its start. Resumed: what it did not mention
     * has not changed. Otherwise: what it did not mention, the server does not have.
     */
    settle(resumed: boolean): void {
      for (const [symbol, entry] of entries) {
        if (entry.confirmed) continue;
        if (resumed && !entry.foreign) put(symbol, { ...entry, confirmed: true });
        else forget(symbol);
      }
    },

    forget,
    get: (symbol: string): Entry | undefined => entries.get(symbol),
    symbols: (): Iterable<string> => entries.keys(),
  };

  function forget(symbol: string): void {
    if (entries.delete(symbol)) changed(symbol);
  }
}

export type Board = ReturnType<typeof createBoard>;

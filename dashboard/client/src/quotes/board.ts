import type { Quote, QuotePatch, Snapshot, Update } from "../protocol/messages.ts";

/** What the page knows of one symbol; a change makes another entry. */
export interface Entry {
  readonly quote: Quote;
  /**
   * The flush that told it. NaN when that was one of an earlier run of the server: then it says nothing, and only a full
   * quote may replace this one.
   */
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

/** Merges by key: what the patch names is taken, `null` takes a key away, the rest stays. */
export function mergeQuote(quote: Quote, patch: QuotePatch): Quote {
  const merged: Record<string, unknown> = { ...quote, ...patch };
  for (const key in patch) if (merged[key] === null) delete merged[key];
  return merged as unknown as Quote;
}

/**
 * The last values of all symbols, merged by the protocol's rules: a full quote replaces, an update merges by key, and
 * nothing older than what is known is taken in. Messages that are still under way for symbols which nobody `follows`
 * any more are dropped. Between `doubt` and `settle` it holds both what a new connection has confirmed and what is left
 * from the one before.
 */
export function createBoard(follows: (symbol: string) => boolean, now: () => number) {
  const entries = new Map<string, Entry>();
  const changed = new Set<string>();
  let epoch = "";

  const put = (entry: Entry) => {
    const { s } = entry.quote;
    entries.set(s, entry);
    changed.add(s);
  };
  /** Takes a symbol off that nobody follows any more, or that the server does not have. */
  const forget = (symbol: string): void => {
    if (entries.delete(symbol)) changed.add(symbol);
  };

  return {
    /** The symbols whose entry is another one now, or has gone. Whoever publishes them clears it. */
    changed,

    /** Takes in a message. */
    take({ type, seq, time, quotes }: Snapshot | Update): void {
      for (const patch of quotes) {
        const { s } = patch;
        if (!follows(s)) continue;
        const old = entries.get(s);
        // A resumed snapshot names what went away, as null. The first word on a symbol that had no quote when it was
        // subscribed is an update that has all keys.
        const whole = type === "snapshot" || !old;
        if (!old || seq >= old.seq || (whole && Number.isNaN(old.seq))) {
          const quote = mergeQuote(whole ? { s } : old.quote, patch);
          const moved = Math.sign((quote.p ?? Number.NaN) - (old?.quote.p ?? Number.NaN)) as -1 | 0 | 1;
          put({
            quote,
            seq,
            confirmed: whole || old.confirmed,
            tick: moved || (old?.tick ?? 0),
            sent: time,
            received: now(),
          });
        } else if (whole) put({ ...old, confirmed: true }); // what we have is newer, and of the same run
      }
    },

    /** The connection is lost, or another one has said hello: nothing is vouched for until it says so. */
    doubt(next = epoch): void {
      const foreign = next !== epoch;
      epoch = next;
      for (const entry of entries.values()) {
        if (foreign || entry.confirmed) put({ ...entry, confirmed: false, ...(foreign && { seq: Number.NaN }) });
      }
    },

    /**
     * The connection has told all it had to tell at its start. Resumed: what it did not mention
     * has not changed. Otherwise: what it did not mention, the server does not have.
     */
    settle(resumed: boolean): void {
      for (const [symbol, entry] of entries) {
        if (entry.confirmed) continue;
        if (resumed && entry.seq >= 0) put({ ...entry, confirmed: true });
        else forget(symbol);
      }
    },

    forget,
    get: (symbol: string): Entry | undefined => entries.get(symbol),
    symbols: (): Iterable<string> => entries.keys(),
  };
}

/** The last values of all symbols. */
export type Board = ReturnType<typeof createBoard>;

import type { Quote, QuotePatch, Snapshot, Update } from "../protocol/messages.ts";

/** What is known of one symbol. Each change makes another entry. */
export interface Entry {
  /** In the keys of the wire. */
  readonly quote: Quote;
  /**
   * The flush of the server that it is from. NaN when that was in an earlier run of the server: such numbers cannot be
   * compared, and only a full quote may replace this one.
   */
  readonly seq: number;
  /** Whether the present connection has sent it, or has said that it has not changed. Else it must not look live. */
  readonly confirmed: boolean;
  /** The last move of the last price: 1 up, -1 down, 0 not known. Kept until it moves again. */
  readonly tick: -1 | 0 | 1;
  /** When the server sent it, by the server's clock, in microseconds since the Unix epoch. */
  readonly sent: number;
  /** When it arrived, by this machine's clock, in ms since the Unix epoch. */
  readonly received: number;
}

/** Merges a patch by key: its keys replace those of the quote, and `null` takes a key away. */
export function mergeQuote(quote: Quote, patch: QuotePatch): Quote {
  const merged: Record<string, unknown> = { ...quote, ...patch };
  for (const key in patch) if (merged[key] === null) delete merged[key];
  return merged as unknown as Quote;
}

const isLive = ({ confirmed, quote }: Entry) => confirmed && !quote.st;

/**
 * The last values of all symbols, merged by the protocol's rules: a full quote replaces, an update merges by key, and
 * nothing older than what is known is taken in. Messages that are still under way for symbols which nobody `follows`
 * any more are dropped. Between `unconfirm` and `complete` it holds both what a new connection has confirmed and what
 * is left from the one before. For the client, and for the leader of the tabs to read.
 */
export function createBoard(follows: (symbol: string) => boolean, now: () => number) {
  const entries = new Map<string, Entry>();
  const changed = new Set<string>();
  const fallen = new Set<string>();
  let epoch = "";

  const put = (entry: Entry) => {
    const { s } = entry.quote;
    const old = entries.get(s);
    if (old && isLive(old) && !isLive(entry)) fallen.add(s);
    entries.set(s, entry);
    changed.add(s);
  };
  const forget = (symbol: string) => {
    if (entries.delete(symbol)) changed.add(symbol);
  };

  return {
    /** The symbols whose entry is another one now, or has gone. Whoever publishes them clears it. */
    changed,

    /** Those of them that were live since then, and are not. */
    fallen,

    /** Takes in a message. */
    apply({ type, seq, time, quotes }: Snapshot | Update): void {
      for (const patch of quotes) {
        const { s } = patch;
        if (!follows(s)) continue;
        const old = entries.get(s);
        // A resumed snapshot has null for keys that went away. The first message about a symbol that had no quote when
        // it was subscribed is an update with all keys.
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
        } else if (whole) put({ ...old, confirmed: true }); // what is known is newer, and of the same run
      }
    },

    /** The connection is lost, or a `hello` of the run `next` has come: nothing is confirmed until more comes. */
    unconfirm(next = epoch): void {
      const foreign = next !== epoch;
      epoch = next;
      for (const entry of entries.values()) {
        if (foreign || entry.confirmed) put({ ...entry, confirmed: false, ...(foreign && { seq: Number.NaN }) });
      }
    },

    /**
     * Everything has come, after a connection has begun. What has not is unchanged where it `resumed`; else the server
     * does not have it. What it has `refused` to send stays as it is.
     */
    complete(resumed: boolean, refused: (symbol: string) => boolean = () => false): void {
      for (const [symbol, entry] of entries) {
        if (entry.confirmed || refused(symbol)) continue;
        if (resumed && entry.seq >= 0) put({ ...entry, confirmed: true });
        else forget(symbol);
      }
    },

    /** Forgets the symbols that nobody follows any more. */
    prune(): void {
      for (const symbol of entries.keys()) if (!follows(symbol)) forget(symbol);
    },

    /** What is known of a symbol. */
    get: (symbol: string): Entry | undefined => entries.get(symbol),
    /** The symbols that have an entry. */
    symbols: (): Iterable<string> => entries.keys(),
  };
}

/** The last values of all symbols. */
export type Board = ReturnType<typeof createBoard>;

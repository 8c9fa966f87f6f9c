import type { Quote, QuotePatch, Snapshot, Update } from "./protocol.ts";

/** What the page knows of one symbol. */
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

interface Slot {
  quote: Quote;
  seq: number;
  confirmed: boolean;
  tick: -1 | 0 | 1;
  sent: number;
  received: number;
  /** Of an earlier run of the server: its seq says nothing and only a full quote may replace it. */
  foreign: boolean;
}

export interface BoardOptions {
  /** Called for each symbol whose entry is another one now. */
  readonly changed?: (symbol: string) => void;
  /** Which symbols are of interest; messages still under way for others are dropped. */
  readonly follows?: (symbol: string) => boolean;
  readonly now?: () => number;
}

const direction = (before: number | undefined, after: number | undefined, kept: -1 | 0 | 1): -1 | 0 | 1 => {
  if (before === undefined || after === undefined || before === after) return kept;
  return after > before ? 1 : -1;
};

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
  const slots = new Map<string, Slot>();
  let epoch = "";

  const add = (quote: Quote, { seq, time }: Snapshot | Update) => {
    slots.set(quote.s, { quote, seq, confirmed: true, tick: 0, sent: time, received: now(), foreign: false });
  };
  const replace = (slot: Slot, quote: Quote, { seq, time }: Snapshot | Update) => {
    slot.tick = direction(slot.quote.p, quote.p, slot.foreign ? 0 : slot.tick);
    slot.quote = quote;
    slot.seq = seq;
    slot.sent = time;
    slot.received = now();
    slot.foreign = false;
  };

  return {
    /** A connection said hello: nothing is confirmed until it says so. */
    begin(next: string): void {
      const foreign = next !== epoch;
      epoch = next;
      for (const [symbol, slot] of slots) {
        slot.foreign ||= foreign;
        slot.confirmed = false;
        changed(symbol);
      }
    },

    snapshot(message: Snapshot): void {
      for (const whole of message.quotes) {
        if (!follows(whole.s)) continue;
        const quote = mergeQuote({ s: whole.s }, whole); // a resumed one names what went away, as null
        const slot = slots.get(quote.s);
        if (!slot) add(quote, message);
        else {
          // Otherwise what we have is newer, and of the same run.
          if (slot.foreign || message.seq >= slot.seq) replace(slot, quote, message);
          slot.confirmed = true;
        }
        changed(quote.s);
      }
    },

    update(message: Update): void {
      for (const patch of message.quotes) {
        if (!follows(patch.s)) continue;
        const slot = slots.get(patch.s);
        if (!slot) {
          // The first word on a symbol that had no quote when it was subscribed: all keys are in it.
          add(mergeQuote({ s: patch.s }, patch), message);
        } else if (!slot.foreign && message.seq >= slot.seq) {
          replace(slot, mergeQuote(slot.quote, patch), message);
        } else continue;
        changed(patch.s);
      }
    },

    /** The connection is lost: nothing is vouched for until the next. */
    doubt(): void {
      for (const [symbol, slot] of slots) {
        if (!slot.confirmed) continue;
        slot.confirmed = false;
        changed(symbol);
      }
    },

    /**
     * The connection has told all it had to tell at its start. Resumed: what it did not mention
     * has not changed. Otherwise: what it did not mention, the server does not have.
     */
    settle(resumed: boolean): void {
      for (const [symbol, slot] of slots) {
        if (slot.confirmed) continue;
        if (resumed && !slot.foreign) slot.confirmed = true;
        else slots.delete(symbol);
        changed(symbol);
      }
    },

    forget(symbol: string): void {
      if (slots.delete(symbol)) changed(symbol);
    },

    get(symbol: string): Entry | undefined {
      return slots.get(symbol);
    },

    /** The time of the newest tick of all, in microseconds; 0 before there is one. */
    newest(): number {
      let newest = 0;
      for (const slot of slots.values()) newest = Math.max(newest, slot.quote.t ?? 0);
      return newest;
    },

    symbols(): Iterable<string> {
      return slots.keys();
    },

    get size(): number {
      return slots.size;
    },
  };
}

export type Board = ReturnType<typeof createBoard>;

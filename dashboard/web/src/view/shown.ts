import { effect } from "@preact/signals-core";
import { type Row, stateWord } from "../columns/row.ts";
import type { Market } from "../model/market.ts";
import { onceAFrame } from "./frame.ts";

// ms at least from one value of a symbol that is shown to the next. Of ten flushes a second, every other one is shown:
// eyes follow no more, and it is half of the work.
const gap = 150;
const longestWait = 210; // ms after which a symbol that waits is shown, though no flush comes

/** Where rows come from, and when they are drawn. */
export interface ShownOptions {
  readonly market: Pick<Market, "row" | "listen" | "feed">;
  /** Calls a function in the next frame; requestAnimationFrame unless given. */
  readonly schedule?: (draw: () => void) => unknown;
  /** In ms, of any origin. */
  readonly now?: () => number;
}

/** A view that shows rows. */
export interface RowReader {
  /** Whether the view shows this symbol now. It is asked often. */
  wants(symbol: string): boolean;
  /** Whether the view has more of this symbol already, whose quote is about to come: its row waits for that. */
  readonly awaits?: (symbol: string) => boolean;
  /** Called in a frame with the symbols whose rows are other ones now. It must draw them before it returns. */
  draw(symbols: ReadonlySet<string>): void;
}

/** The row as it follows another one of its symbol: the arrow shows where the price that was shown has moved. */
function after(before: Row, row: Row): Row {
  const moved = Math.sign((row.entry?.quote.p ?? Number.NaN) - (before.entry?.quote.p ?? Number.NaN));
  const tick = Number.isNaN(moved) ? row.tick : ((moved || before.tick) as Row["tick"]);
  return tick === row.tick ? row : { ...row, tick };
}

/**
 * The rows as they are shown. All views that show a symbol take its row from here, so that none of them is ahead of
 * another one, whenever each of them draws. A row becomes another one only in a frame, at once when its state has
 * changed, and otherwise at most once in `gap`. Only symbols that some view wants are kept.
 */
export function createShown({ market, schedule, now = () => performance.now() }: ShownOptions) {
  const readers = new Set<RowReader>();
  const shown = new Map<string, { readonly row: Row; readonly since: number }>();
  const waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const wanted = (symbol: string): boolean => {
    for (const reader of readers) if (reader.wants(symbol)) return true;
    return false;
  };

  /** Takes the newest row of a symbol, unless it has to wait. */
  const renew = (symbol: string, time: number): boolean => {
    for (const reader of readers) if (reader.awaits?.(symbol)) return false;
    const known = shown.get(symbol);
    const newest = market.row(symbol);
    const row = known ? after(known.row, newest) : newest;
    // A price that is no longer live must not look live for another frame.
    if (known && time - known.since < gap && stateWord(row) === stateWord(known.row)) return false;
    shown.set(symbol, { row, since: time });
    return true;
  };

  const show = onceAFrame(() => {
    const time = now();
    const renewed = new Set<string>();
    for (const symbol of shown.keys()) if (!wanted(symbol)) shown.delete(symbol);
    for (const symbol of waiting) {
      if (!wanted(symbol)) waiting.delete(symbol);
      else if (renew(symbol, time)) {
        waiting.delete(symbol);
        renewed.add(symbol);
      }
    }
    clearTimeout(timer);
    timer = waiting.size > 0 ? setTimeout(show, longestWait) : undefined;
    if (renewed.size > 0) for (const reader of readers) reader.draw(renewed);
  }, schedule);

  const mark = (symbol: string) => {
    if (!wanted(symbol)) return;
    waiting.add(symbol);
    show();
  };

  const stops = [
    market.listen(mark),
    effect(() => {
      market.feed.value; // it says which prices are those of a recording
      for (const symbol of shown.keys()) mark(symbol);
    }),
  ];

  return {
    /** The row of a symbol as it is shown. Of one that no view wants, it is the newest. */
    row(symbol: string): Row {
      const known = shown.get(symbol);
      if (known && wanted(symbol)) return known.row;
      const row = market.row(symbol);
      shown.set(symbol, { row, since: now() });
      return row;
    },

    /** Shows rows in this view, too. Returns the function that stops it. */
    follow(reader: RowReader): () => void {
      readers.add(reader);
      return () => readers.delete(reader);
    },

    close(): void {
      clearTimeout(timer);
      for (const stop of stops) stop();
      readers.clear();
      waiting.clear();
    },
  };
}

/** The rows as they are shown. */
export type Shown = ReturnType<typeof createShown>;

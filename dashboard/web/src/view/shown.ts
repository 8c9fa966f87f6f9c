import { effect } from "@preact/signals-core";
import { type Row, stateWord } from "../columns/row.ts";
import type { Market } from "../model/market.ts";
import { onceAFrame } from "./frame.ts";

// ms at least from one frame that shows other prices to the next. Of ten flushes a second, every other one is shown: eyes
// follow no more, and it is half of the work. All that has prices is drawn in these frames, since a frame costs the
// browser as much as what is drawn in it.
const gap = 150;
// ms without a flush after which what waits is shown. It is a little more than the usual 100 between two flushes: a frame
// right before a flush would show prices that are old already.
const patience = 110;

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
  /** Whether the view has been sent the bars of a flush, but not yet its quote. All prices wait for it meanwhile. */
  readonly awaits?: () => boolean;
  /** Called in a frame with the symbols whose rows are other ones now. It must have drawn them before the browser paints. */
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
 * another one, whenever each of them draws. Rows become other ones in a frame: those whose state has changed at once, all
 * others in one frame for all, and no sooner than `gap` after the one before. Only symbols that some view wants are kept.
 */
export function createShown({ market, schedule, now = () => performance.now() }: ShownOptions) {
  const readers = new Set<RowReader>();
  const shown = new Map<string, Row>();
  const waiting = new Set<string>();
  const draws = new Set<() => void>(); // in the next frame that shows prices
  const early = new Set<() => void>(); // before that frame
  let begun = false; // what is early has been drawn for the next frame, which must show the prices of it
  let last = Number.NEGATIVE_INFINITY; // when prices were shown
  let newest = 0; // when something began to wait, or was replaced by something newer
  let timer: ReturnType<typeof setTimeout> | undefined;

  const wanted = (symbol: string): boolean => {
    for (const reader of readers) if (reader.wants(symbol)) return true;
    return false;
  };
  const due = (time: number) => time - last >= gap;
  const awaited = (): boolean => {
    for (const reader of readers) if (reader.awaits?.()) return true;
    return false;
  };
  /** Whether the row must not wait: a price that is no longer live must not look live for another frame. */
  const urgent = (row: Row): boolean => {
    const known = shown.get(row.symbol);
    return !known || stateWord(row) !== stateWord(known);
  };

  /** Takes the newest rows of those symbols that need not wait, and returns these. */
  const renew = (all: boolean): ReadonlySet<string> => {
    const renewed = new Set<string>();
    for (const symbol of shown.keys()) if (!wanted(symbol)) shown.delete(symbol);
    for (const symbol of waiting) {
      const row = market.row(symbol);
      if (wanted(symbol)) {
        if (!all && !urgent(row)) continue;
        const before = shown.get(symbol);
        shown.set(symbol, before ? after(before, row) : row);
        renewed.add(symbol);
      }
      waiting.delete(symbol);
    }
    return renewed;
  };

  const show = onceAFrame(() => {
    clearTimeout(timer);
    timer = undefined;
    const time = now();
    const ready = due(time) && (begun || !awaited());
    // It is too late for what is drawn early: that and the prices are for the next frame.
    const late = ready && !begun && early.size > 0;
    const all = ready && !late;
    const renewed = renew(all);
    if (renewed.size > 0) for (const reader of readers) reader.draw(renewed);
    if (all) {
      last = time;
      begun = false;
      for (const draw of draws) {
        draws.delete(draw);
        draw();
      }
    }
    if (late) showSoon();
    else if (waiting.size + draws.size + early.size > 0) wait(patience);
  }, schedule);

  /** Shows what waits in the next frame. If that is to show all prices, what is early is drawn now. */
  const showSoon = () => {
    show();
    if (early.size === 0 || !due(now()) || awaited()) return;
    begun = true;
    for (const draw of early) {
      early.delete(draw);
      draw();
    }
  };

  const wait = (ms: number) => {
    timer ??= setTimeout(() => {
      timer = undefined;
      const rest = newest + patience - now();
      if (rest > 0) wait(rest);
      else showSoon();
    }, ms);
  };
  /** Has what waits shown in the next frame, or in a later one if that need not be. Frames without news cost, too. */
  const ask = (soon: boolean) => {
    newest = now();
    if (soon || due(newest)) showSoon();
    else wait(patience);
  };

  const mark = (symbol: string) => {
    if (!wanted(symbol)) return;
    waiting.add(symbol);
    ask(urgent(market.row(symbol)));
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
      if (known && wanted(symbol)) return known;
      const row = market.row(symbol);
      shown.set(symbol, row);
      return row;
    },

    /** Shows rows in this view, too. Returns the function that stops it. */
    follow(reader: RowReader): () => void {
      readers.add(reader);
      return () => readers.delete(reader);
    },

    /**
     * Returns a function that has `draw` called once in the next frame that shows prices, however often it is called
     * before that frame. Draw with it what changes as often as prices. `ahead` is for a chart, which draws its canvas in
     * the frame after it is told to: `draw` is called before the frame that shows prices, as soon as that is asked for,
     * and again for each call that comes between.
     */
    paced(draw: () => void, ahead = false): () => void {
      return () => {
        (ahead ? early : draws).add(draw);
        ask(false);
      };
    },

    close(): void {
      clearTimeout(timer);
      for (const stop of stops) stop();
      readers.clear();
      waiting.clear();
      draws.clear();
      early.clear();
    },
  };
}

/** The rows as they are shown. */
export type Shown = ReturnType<typeof createShown>;

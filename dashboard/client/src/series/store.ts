import { seriesKey } from "../interest/want.ts";
import type { BarsMessage, TradesMessage, WireBar, WireTrade } from "../protocol/messages.ts";
import { type Bar, makeBar, makeTrade, type SeriesChange, type Trade } from "./model.ts";

type SeriesMessage = BarsMessage | TradesMessage;
interface Kept {
  readonly message: SeriesMessage;
  readonly bars: WireBar[];
  readonly trades: WireTrade[];
}

const barsKept = 10_000; // of a page that is open for days
const tradesKept = 100;

/** Puts one into a list that is in order, in the place of the one with its key; almost all belong to the end. */
function put<T>(list: T[], one: T, key: (one: T) => number, gone: boolean): void {
  const at = list.findLastIndex((known) => key(known) <= key(one));
  const before = list[at];
  const same = before !== undefined && key(before) === key(one) ? 1 : 0;
  list.splice(at + 1 - same, same, ...(gone ? [] : [one]));
}

const start = (bar: WireBar) => bar.t;
const number = (trade: WireTrade) => trade.i;

/** The bars and trades that are followed, as far as they have been told. */
export function createSeriesStore() {
  const store = new Map<string, Kept>();

  return {
    take(message: SeriesMessage): SeriesChange {
      const key = seriesKey(message);
      const before = store.get(key);
      const reset = message.reset === true || !before;
      const { bars, trades } = before && !reset ? before : { bars: [], trades: [] };
      store.set(key, { message, bars, trades });
      const { symbol } = message;
      if (message.type === "bars") {
        for (const bar of message.bars) put(bars, bar, start, bar.o === undefined && !bar.n);
        bars.splice(0, bars.length - barsKept);
        return { kind: "bars", symbol, interval: message.interval, reset, bars: message.bars.map(makeBar) };
      }
      // A stream that is taken up may tell once more what it has told.
      const fresh = message.trades.filter(({ i, st }) => !trades.some((known) => known.i === i && known.st === st));
      for (const trade of fresh) put(trades, trade, number, false);
      trades.splice(0, trades.length - tradesKept);
      return { kind: "trades", symbol, reset, skipped: message.skipped, trades: fresh.map(makeTrade) };
    },

    bars: (symbol: string, interval: string): readonly Bar[] =>
      (store.get(seriesKey({ symbol, interval }))?.bars ?? []).map(makeBar),

    trades: (symbol: string): readonly Trade[] => (store.get(seriesKey({ symbol }))?.trades ?? []).map(makeTrade),

    /** What one who comes late must be told; null while nothing is known. */
    whole(key: string): SeriesMessage | null {
      const kept = store.get(key);
      if (!kept) return null;
      const { bars, trades } = kept;
      return kept.message.type === "bars"
        ? { ...kept.message, reset: true, more: false, bars }
        : { ...kept.message, reset: true, more: false, skipped: 0, trades };
    },

    /** Forgets those that are not of use any more. */
    keep(used: (key: string) => boolean): void {
      for (const key of store.keys()) if (!used(key)) store.delete(key);
    },
  };
}

export type SeriesStore = ReturnType<typeof createSeriesStore>;

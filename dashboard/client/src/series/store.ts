import { type Lookup, seriesKey } from "../interest/want.ts";
import type { BarsMessage, ServerMessage, TradesMessage, WireBar, WireTrade } from "../protocol/messages.ts";
import { type Bar, makeBar, makeTrade, type SeriesChange, type Trade } from "./model.ts";

type SeriesMessage = BarsMessage | TradesMessage;
interface Kept {
  readonly message: SeriesMessage;
  readonly bars: WireBar[];
  readonly trades: WireTrade[];
}

const barsKept = 10_000; // of each series: a page may be open for days
const tradesKept = 100;

/** Puts one into a list that is ordered by key, in place of the one with its key. Almost all belong at the end. */
function put<T>(list: T[], one: T, key: (one: T) => number, gone: boolean): void {
  const at = list.findLastIndex((known) => key(known) <= key(one));
  const before = list[at];
  const same = before !== undefined && key(before) === key(one) ? 1 : 0;
  list.splice(at + 1 - same, same, ...(gone ? [] : [one]));
}

const start = (bar: WireBar) => bar.t;
const number = (trade: WireTrade) => trade.i;

/**
 * The bars and trades that the connection `uses`, as far as they have come. `changed` is called with what a message has
 * changed, for those that the client `follows`. While it is `paused` that waits for `resume`. For the client.
 */
export function createSeriesStore(
  uses: Lookup,
  follows: Lookup,
  paused: () => boolean,
  changed: (change: SeriesChange) => void,
) {
  const store = new Map<string, Kept>();
  const missed = new Set<string>(); // those that have changed during a pause

  const merge = (key: string, message: SeriesMessage): SeriesChange => {
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
    // After a resume some of them may come a second time.
    const fresh = message.trades.filter(({ i, st }) => !trades.some((known) => known.i === i && known.st === st));
    for (const trade of fresh) put(trades, trade, number, false);
    trades.splice(0, trades.length - tradesKept);
    return { kind: "trades", symbol, reset, skipped: message.skipped, trades: fresh.map(makeTrade) };
  };
  const followed = (key: string): Kept | undefined => (follows(key) ? store.get(key) : undefined);

  return {
    /** Takes in a message, if it is one of bars or trades. */
    apply(message: ServerMessage): void {
      if (message.type !== "bars" && message.type !== "trades") return;
      const key = seriesKey(message);
      if (!uses(key)) return;
      const change = merge(key, message);
      if (paused()) missed.add(key);
      else if (follows(key)) changed(change);
    },

    /** The pause is over: what has changed meanwhile is told, each series as a whole. */
    resume(): void {
      const keys = [...missed];
      missed.clear();
      for (const key of keys) {
        const kept = followed(key);
        if (!kept) continue;
        const { symbol } = kept.message;
        const { bars, trades } = kept;
        changed(
          kept.message.type === "bars"
            ? { kind: "bars", symbol, interval: kept.message.interval, reset: true, bars: bars.map(makeBar) }
            : { kind: "trades", symbol, reset: true, skipped: 0, trades: trades.map(makeTrade) },
        );
      }
    },

    /** All bars, the oldest first. */
    bars: (symbol: string, interval: string): readonly Bar[] =>
      (followed(seriesKey({ symbol, interval }))?.bars ?? []).map(makeBar),

    /** The newest trades, the oldest first. */
    trades: (symbol: string): readonly Trade[] => (followed(seriesKey({ symbol }))?.trades ?? []).map(makeTrade),

    /** The message that brings a tab which joins late to the present state; null while nothing is known. */
    whole(key: string): SeriesMessage | null {
      const kept = store.get(key);
      if (!kept) return null;
      const { bars, trades } = kept;
      return kept.message.type === "bars"
        ? { ...kept.message, reset: true, more: false, bars }
        : { ...kept.message, reset: true, more: false, skipped: 0, trades };
    },

    /** Forgets what is not used any more. */
    prune(): void {
      for (const key of store.keys()) if (!uses(key)) store.delete(key);
      for (const key of missed) if (!store.has(key)) missed.delete(key);
    },
  };
}

/** The bars and trades that are followed. */
export type SeriesStore = ReturnType<typeof createSeriesStore>;

import type { Series } from "./want.ts";

/** What to subscribe to: symbols for quotes, or symbols together with bars and trades. */
export type What =
  | readonly string[]
  | {
      /** "*" is all that the server has, "#name" one of its lists. */
      readonly symbols?: readonly string[];
      /** Symbols whose bars are wanted. */
      readonly bars?: readonly string[];
      /** The interval of the bars, such as "5m"; "1m" unless given. */
      readonly interval?: string;
      /** Bars of the history at most; all that the server keeps unless given. */
      readonly limit?: number;
      /** Symbols whose trades are wanted. */
      readonly trades?: readonly string[];
    };

/** The symbols, and the bars and trades, that are meant, each once. */
export const split = (what: What): readonly [symbols: readonly string[], series: readonly Series[]] => {
  const {
    symbols = [],
    bars = [],
    interval = "1m",
    limit = null,
    trades = [],
  } = "length" in what ? { symbols: what } : what;
  const series = (names: readonly string[], interval: string | null, limit: number | null): readonly Series[] =>
    [...new Set(names)].map((symbol) => ({ symbol, interval, limit }));
  return [[...new Set(symbols)], [...series(bars, interval, limit || null), ...series(trades, null, null)]];
};

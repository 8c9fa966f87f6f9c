import type { Series } from "./transport.ts";

export const seriesKey = ({ symbol, interval }: Pick<Series, "symbol" | "interval">): string =>
  `${interval ?? "trades"} ${symbol}`;

/** The key of what a message of bars or trades belongs to. */
export const keyOfSeries = ({
  symbol,
  interval = null,
}: {
  readonly symbol: string;
  readonly interval?: string | null;
}) => seriesKey({ symbol, interval });

export type PauseReason = "user" | "hidden";

/** What one reader of a connection wants of it. */
export interface Want {
  readonly symbols: readonly string[];
  readonly series: readonly Series[];
  /** Updates a second at most; null is each flush of the server. */
  readonly rate: number | null;
  /** The keys that are wanted; null is all. */
  readonly fields: readonly string[] | null;
  /** Why nothing is to be shown just now; null when it is. */
  readonly paused: PauseReason | null;
  /** Whether it asks how long a round trip takes. */
  readonly curious: boolean;
}

export const wantsNothing: Want = {
  symbols: [],
  series: [],
  rate: null,
  fields: null,
  paused: null,
  curious: false,
};

export const without = (names: Iterable<string>, others: { has(name: string): boolean }): string[] =>
  [...names].filter((name) => !others.has(name));

export const isGroup = (symbol: string): boolean => /^(\*$|#)/.test(symbol);

/** Answers whether something is wanted. Who is in a list only the server knows, so with a list it may be any symbol. */
export function createLookup({ symbols, series }: Pick<Want, "symbols" | "series">) {
  const names = new Set(symbols);
  const keys = new Set(series.map(seriesKey));
  const all = symbols.some(isGroup);
  return {
    symbol: (name: string): boolean => all || names.has(name),
    series: (key: string): boolean => keys.has(key),
  };
}

export type Lookup = ReturnType<typeof createLookup>;

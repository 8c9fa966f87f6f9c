import type { Series } from "./transport.ts";

export const seriesKey = ({ symbol, interval }: Pick<Series, "symbol" | "interval">): string =>
  `${interval ?? "trades"} ${symbol}`;

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

export const isGroup = (symbol: string): boolean => symbol === "*" || symbol.startsWith("#");

/** Answers whether something is wanted. Who is in a list only the server knows, so with a list it may be any symbol. */
export function createLookup(want: Want) {
  const names = new Set(want.symbols);
  const keys = new Set(want.series.map(seriesKey));
  const all = want.symbols.some(isGroup);
  return {
    all,
    symbol: (name: string): boolean => all || names.has(name),
    series: (key: string): boolean => keys.has(key),
  };
}

export type Lookup = ReturnType<typeof createLookup>;

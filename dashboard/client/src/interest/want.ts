/** Bars or trades of one symbol that are followed. */
export interface Series {
  readonly symbol: string;
  /** Of its bars, such as "1m"; null for its trades. */
  readonly interval: string | null;
  /** Bars of its history; null for all that the server keeps. */
  readonly limit: number | null;
}

/** What bars or trades are known by among all that is followed; no symbol has a space. Quotes are known by their symbol. */
export const seriesKey = ({
  symbol,
  interval,
}: {
  readonly symbol: string;
  /** None is trades. */
  readonly interval?: string | null;
}): string => `${interval ?? "trades"} ${symbol}`;

export type PauseReason = "user" | "hidden";

/** What one reader of a connection wants of it. */
export interface Want {
  readonly symbols: readonly string[];
  readonly series: readonly Series[];
  /** Updates a second at most; null is each flush of the server. */
  readonly rate: number | null;
  /** The keys that are wanted; null is all. */
  readonly fields: readonly string[] | null;
  /** Nothing is to be shown just now. */
  readonly paused: boolean;
  /** Since nobody can see it, so that it is of no use to hold a stream for long. */
  readonly hidden: boolean;
}

export const wantsNothing: Want = { symbols: [], series: [], rate: null, fields: null, paused: false, hidden: false };

export const without = (names: Iterable<string>, others: { has(name: string): boolean }): string[] =>
  [...names].filter((name) => !others.has(name));

/** Whether it is all, or a list of the server, rather than one symbol. */
export const isGroup = (key: string): boolean => /(^| )(\*$|#)/.test(key);

/** What is followed of the same kind has this in front of its name: nothing for quotes. */
export const kindOf = (key: string): string => key.replace(/[^ ]+$/, "");

/** Whether a symbol, or bars or trades by their key, are wanted. */
export type Lookup = (key: string) => boolean;

/** Who is in a list only the server knows, so with a list it may be any symbol, of the quotes, of these bars, of the trades. */
export function createLookup({ symbols, series }: Pick<Want, "symbols" | "series">): Lookup {
  const keys = new Set([...symbols, ...series.map(seriesKey)]);
  const lists = new Set([...keys].filter(isGroup).map(kindOf));
  return (key) => keys.has(key) || lists.has(kindOf(key));
}

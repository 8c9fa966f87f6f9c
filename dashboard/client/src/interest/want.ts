/**
 * interest/ is what is to be followed: quotes by their symbols, and series, which are the bars or the trades of a symbol.
 * A series is known by a key, such as "1m AAPL" or "trades AAPL". No symbol has a space in it.
 */

/** Bars or trades of one symbol that are followed. */
export interface Series {
  readonly symbol: string;
  /** The interval of the bars, such as "1m"; null for trades. */
  readonly interval: string | null;
  /** Bars of the history at most; null for all that the server keeps. */
  readonly limit: number | null;
}

/** The key of a series. */
export const seriesKey = ({
  symbol,
  interval,
}: {
  readonly symbol: string;
  /** None for trades. */
  readonly interval?: string | null;
}): string => `${interval ?? "trades"} ${symbol}`;

/** Of two wants of one series, the one with the longer history. */
export const longer = (one: Series, other: Series): Series =>
  (other.limit ?? Number.POSITIVE_INFINITY) > (one.limit ?? Number.POSITIVE_INFINITY) ? other : one;

/** Why a client is paused: its user wants it, or the page is hidden. */
export type PauseReason = "user" | "hidden";

/** What is wanted of a connection, by one client or by several together. */
export interface Want {
  readonly symbols: readonly string[];
  readonly series: readonly Series[];
  /** Updates a second at most; null for each flush of the server. */
  readonly rate: number | null;
  /** The keys of the wire that are wanted; null for all. */
  readonly fields: readonly string[] | null;
  /** Nothing is to be sent for now. */
  readonly paused: boolean;
  /** It is paused since nobody can see it. The stream is closed after a while. */
  readonly hidden: boolean;
}

/** What is wanted at first. */
export const wantsNothing: Want = { symbols: [], series: [], rate: null, fields: null, paused: false, hidden: false };

/** Those names that are not among the others. */
export const without = (names: Iterable<string>, others: { has(name: string): boolean }): string[] =>
  [...names].filter((name) => !others.has(name));

/** Whether a symbol or key stands for several: "*" for all, "#name" for a list of the server. */
export const isGroup = (key: string): boolean => /(^| )(\*$|#)/.test(key);

/** The part of a key before the symbol, which all series of one kind have in common; "" for the symbol of a quote. */
export const kindOf = (key: string): string => key.replace(/[^ ]+$/, "");

/** Whether a symbol, or a series by its key, is wanted. */
export type Lookup = (key: string) => boolean;

/** Looks up what is wanted. Only the server knows what is in a list, so with a list any symbol of its kind may be. */
export function createLookup({ symbols, series }: Pick<Want, "symbols" | "series">): Lookup {
  const keys = new Set([...symbols, ...series.map(seriesKey)]);
  const lists = new Set([...keys].filter(isGroup).map(kindOf));
  return (key) => keys.has(key) || (lists.size > 0 && lists.has(kindOf(key)));
}

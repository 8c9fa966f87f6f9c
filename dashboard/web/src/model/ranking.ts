import { change, changePercent, decimalsOf, type Entry, scale } from "tickertape-client";
import type { Column } from "../columns/layout.ts";

export type Direction = "ascending" | "descending";

/** Null is the reader's own order. */
export type Sort = { readonly column: Column; readonly direction: Direction } | null;

const textual: ReadonlySet<Column> = new Set(["symbol", "name", "status"]);

/** A click on a header: the useful direction first, then the other, then back to one's own order. */
export function nextSort(current: Sort, column: Column): Sort {
  const first: Direction = textual.has(column) ? "ascending" : "descending";
  const second: Direction = first === "ascending" ? "descending" : "ascending";
  if (current?.column !== column) return { column, direction: first };
  return current.direction === first ? { column, direction: second } : null;
}

/** Ask less bid, exactly. */
export function spread(bid: number | undefined, ask: number | undefined): number | null {
  if (bid === undefined || ask === undefined) return null;
  const decimals = Math.max(decimalsOf(bid), decimalsOf(ask));
  return (scale(ask, decimals) - scale(bid, decimals)) / 10 ** decimals;
}

/** What a symbol is ranked by; null for what is not known, which goes last either way. */
export function sortKey(
  column: Column,
  symbol: string,
  name: string,
  entry: Entry | undefined,
): number | string | null {
  if (column === "symbol") return symbol;
  if (column === "name") return name === "" ? null : name.toLocaleLowerCase();
  const quote = entry?.quote;
  if (!quote) return null;
  switch (column) {
    case "last":
      return quote.p ?? null;
    case "change":
      return quote.p === undefined || quote.pc === undefined ? null : change(quote.p, quote.pc);
    case "percent":
    case "spark": // the day as a picture: up or down, and how far
      return quote.p === undefined || quote.pc === undefined ? null : changePercent(quote.p, quote.pc);
    case "bid":
      return quote.b ?? null;
    case "ask":
      return quote.a ?? null;
    case "spread":
      return spread(quote.b, quote.a);
    case "volume":
      return quote.v ?? null;
    case "vwap":
      return quote.vw ?? null;
    case "range":
      return rangePosition(quote.p, quote.l, quote.h);
    case "time":
      return quote.t ?? null;
    case "status":
      return quote.st ?? "live";
  }
}

/** Where the last price stands between the day's low (0) and high (1). */
export function rangePosition(last?: number, low?: number, high?: number): number | null {
  if (last === undefined || low === undefined || high === undefined) return null;
  if (high <= low) return 0.5;
  return Math.min(1, Math.max(0, (last - low) / (high - low)));
}

/** The symbols in rank order. Equals keep their order of `symbols`, so that rows do not dance. */
export function rank(
  symbols: readonly string[],
  sort: Sort,
  key: (symbol: string, column: Column) => number | string | null,
): readonly string[] {
  if (!sort) return symbols;
  const sign = sort.direction === "ascending" ? 1 : -1;
  const keyed = symbols.map((symbol) => ({ symbol, key: key(symbol, sort.column) }));
  keyed.sort((x, y) => {
    if (x.key === null || y.key === null) return x.key === y.key ? 0 : x.key === null ? 1 : -1;
    if (x.key === y.key) return 0;
    return x.key < y.key ? -sign : sign;
  });
  return keyed.map(({ symbol }) => symbol);
}

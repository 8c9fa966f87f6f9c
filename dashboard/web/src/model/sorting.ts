import type { Direction, SortKey } from "../columns/column.ts";
import { type ColumnId, columnOf } from "../columns/registry.ts";

/** Orders texts as people do: Ä beside A, 9 before 10, and capitals as small letters. */
const { compare } = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** What rows are sorted by. Null is the list's own order. */
export type Sort = { readonly column: ColumnId; readonly direction: Direction } | null;

/**
 * The sort after a click on a column's header. Three clicks give the column's first direction, the other one, and the
 * list's own order.
 */
export function nextSort(current: Sort, column: ColumnId): Sort {
  const { first } = columnOf(column);
  if (current?.column !== column) return { column, direction: first };
  const second: Direction = first === "ascending" ? "descending" : "ascending";
  return current.direction === first ? { column, direction: second } : null;
}

/**
 * Sorts symbols by their keys. Those with equal keys stay in the order of `symbols`, so that rows do not swap places
 * without a reason.
 */
export function sortSymbols(
  symbols: readonly string[],
  sort: Sort,
  key: (symbol: string, column: ColumnId) => SortKey,
): readonly string[] {
  if (!sort) return symbols;
  const sign = sort.direction === "ascending" ? 1 : -1;
  const keyed = symbols.map((symbol) => ({ symbol, key: key(symbol, sort.column) }));
  keyed.sort((x, y) => {
    if (x.key === null || y.key === null) return x.key === y.key ? 0 : x.key === null ? 1 : -1;
    if (typeof x.key === "string" && typeof y.key === "string") return sign * compare(x.key, y.key);
    if (x.key === y.key) return 0;
    return x.key < y.key ? -sign : sign;
  });
  return keyed.map(({ symbol }) => symbol);
}

import type { Direction, SortKey } from "../columns/column.ts";
import { type ColumnId, columnOf } from "../columns/registry.ts";

/** Null is the reader's own order. */
export type Sort = { readonly column: ColumnId; readonly direction: Direction } | null;

/**
 * What a click on a header makes of the sort: the column's first direction, then the other, then the reader's own
 * order.
 */
export function nextSort(current: Sort, column: ColumnId): Sort {
  const { first } = columnOf(column);
  if (current?.column !== column) return { column, direction: first };
  const second: Direction = first === "ascending" ? "descending" : "ascending";
  return current.direction === first ? { column, direction: second } : null;
}

/**
 * The symbols in rank order. Equals keep their order in `symbols`, so that rows do not swap places without a reason.
 */
export function rank(
  symbols: readonly string[],
  sort: Sort,
  key: (symbol: string, column: ColumnId) => SortKey,
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

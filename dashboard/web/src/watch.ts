import type { Column, Direction, Sort } from "./order.ts";

/** What the reader has chosen to look at, kept between visits. */
export interface Saved {
  /** Null before the first choice: the server's default list is shown. */
  readonly symbols: readonly string[] | null;
  readonly sort: Sort;
}

export interface SavedStore {
  load(): Saved;
  save(saved: Saved): void;
}

const key = "tickertape.watch";
const nothing: Saved = { symbols: null, sort: null };

const columns: ReadonlySet<string> = new Set<Column>([
  "symbol",
  "name",
  "last",
  "change",
  "percent",
  "bid",
  "ask",
  "volume",
  "range",
  "time",
]);
const isColumn = (value: unknown): value is Column => typeof value === "string" && columns.has(value);
const isDirection = (value: unknown): value is Direction => value === "ascending" || value === "descending";

function readSort(value: unknown): Sort {
  if (typeof value !== "object" || value === null) return null;
  const { column, direction } = value as Record<string, unknown>;
  return isColumn(column) && isDirection(direction) ? { column, direction } : null;
}

/** Keeps the choice in the given storage, and shrugs when there is none to be had. */
export function createSavedStore(storage: () => Pick<Storage, "getItem" | "setItem">): SavedStore {
  return {
    load() {
      try {
        const value: unknown = JSON.parse(storage().getItem(key) ?? "null");
        if (typeof value !== "object" || value === null) return nothing;
        const { symbols, sort } = value as Record<string, unknown>;
        const list = Array.isArray(symbols)
          ? [...new Set(symbols.filter((s): s is string => typeof s === "string"))]
          : null;
        return { symbols: list, sort: readSort(sort) };
      } catch {
        return nothing;
      }
    },
    save(saved) {
      try {
        storage().setItem(key, JSON.stringify(saved));
      } catch {
        // it holds for this page
      }
    },
  };
}

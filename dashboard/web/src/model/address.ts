import { isColumn } from "../columns/registry.ts";
import { readName } from "./lists.ts";
import { parseList } from "./listtext.ts";
import type { Sort } from "./sorting.ts";

/** What an address asks for. It is shown in place of what is kept, which stays as it is. */
export interface Address {
  /** The symbols to show; null to show the list that is kept. "*" alone is all symbols. */
  readonly symbols: readonly string[] | null;
  readonly name: string | null;
  /** Undefined where the address names none. */
  readonly sort: Sort | undefined;
}

/** Reads `?s=AAPL,MSFT&sort=-percent&list=Tech`. */
export function readAddress(search: string): Address {
  const parameters = new URLSearchParams(search);
  const text = parameters.get("s");
  const symbols = text === null ? null : text.trim() === "*" ? ["*"] : parseList(text).symbols;
  const by = parameters.get("sort");
  const column = by?.replace(/^-/, "");
  return {
    symbols: symbols && symbols.length > 0 ? symbols : null,
    name: readName(parameters.get("list") ?? ""),
    sort: isColumn(column) ? { column, direction: by?.startsWith("-") ? "descending" : "ascending" } : undefined,
  };
}

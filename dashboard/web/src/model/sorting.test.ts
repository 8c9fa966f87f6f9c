import { describe, expect, test } from "vitest";
import { nextSort, sortSymbols } from "./sorting.ts";

describe("sorting", () => {
  test("a header gives the useful direction, then the other, then the list's own order", () => {
    const first = nextSort(null, "percent");
    expect(first).toEqual({ column: "percent", direction: "descending" });
    const second = nextSort(first, "percent");
    expect(second).toEqual({ column: "percent", direction: "ascending" });
    expect(nextSort(second, "percent")).toBeNull();
    expect(nextSort(second, "symbol")).toEqual({ column: "symbol", direction: "ascending" });
  });

  test("what is not known goes last either way, and equals keep the list's own order", () => {
    const values: Record<string, number | null> = { A: 1, B: null, C: 2, D: 1, E: 2 };
    const key = (symbol: string) => values[symbol] ?? null;
    const symbols = Object.keys(values);
    expect(sortSymbols(symbols, { column: "last", direction: "ascending" }, key)).toEqual(["A", "D", "C", "E", "B"]);
    expect(sortSymbols(symbols, { column: "last", direction: "descending" }, key)).toEqual(["C", "E", "A", "D", "B"]);
    expect(sortSymbols(symbols, null, key)).toBe(symbols);
  });

  test("names are in the order of a dictionary", () => {
    const names: Record<string, string | null> = {
      Z: "Zeta",
      E: "Österreich",
      A: "alpha 10",
      B: "Alpha 9",
      P: "Pi",
      N: null,
    };
    const sorted = (direction: "ascending" | "descending") =>
      sortSymbols(Object.keys(names), { column: "name", direction }, (symbol) => names[symbol] ?? null).join("");
    expect([sorted("ascending"), sorted("descending")]).toEqual(["BAEPZN", "ZPEABN"]);
  });
});

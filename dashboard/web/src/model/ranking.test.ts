import type { Entry, WireQuote } from "tickertape-client";
import { describe, expect, test } from "vitest";
import { columnIds } from "../columns/layout.ts";
import { nextSort, rangePosition, rank, sortKey, spread } from "./ranking.ts";

const entry = (quote: WireQuote): Entry => ({ quote, seq: 1, confirmed: true, tick: 0, sent: 0, received: 0 });

describe("sorting", () => {
  test("a header gives the useful direction, then the other, then one's own order", () => {
    const first = nextSort(null, "percent");
    expect(first).toEqual({ column: "percent", direction: "descending" });
    const second = nextSort(first, "percent");
    expect(second).toEqual({ column: "percent", direction: "ascending" });
    expect(nextSort(second, "percent")).toBeNull();
    expect(nextSort(second, "symbol")).toEqual({ column: "symbol", direction: "ascending" });
  });

  test("what is not known goes last either way, and equals keep one's own order", () => {
    const values: Record<string, number | null> = { A: 1, B: null, C: 2, D: 1, E: 2 };
    const key = (symbol: string) => values[symbol] ?? null;
    const symbols = Object.keys(values);
    expect(rank(symbols, { column: "last", direction: "ascending" }, key)).toEqual(["A", "D", "C", "E", "B"]);
    expect(rank(symbols, { column: "last", direction: "descending" }, key)).toEqual(["C", "E", "A", "D", "B"]);
    expect(rank(symbols, null, key)).toBe(symbols);
  });

  test("every column has a key", () => {
    const quote = entry({ s: "A", p: 11, pc: 10, b: 1, a: 2, v: 3, h: 12, l: 10, t: 4, vw: 10.5 });
    const keys = columnIds.map((column) => sortKey(column, "A", "Apple", quote));
    expect(keys).toEqual(["A", "apple", 11, 1, 10, 1, 2, 1, 3, 10.5, 0.5, 10, 4, "live"]);
    expect(sortKey("last", "A", "", undefined)).toBeNull();
    expect(sortKey("name", "A", "", undefined)).toBeNull();
    expect(sortKey("change", "A", "", entry({ s: "A", p: 1 }))).toBeNull();
  });
});

test("the place between low and high stays between them", () => {
  expect(rangePosition(5, 0, 10)).toBe(0.5);
  expect(rangePosition(50, 0, 10)).toBe(1);
  expect(rangePosition(-5, 0, 10)).toBe(0);
  expect(rangePosition(7, 7, 7)).toBe(0.5);
  expect(rangePosition(7, undefined, 8)).toBeNull();
});

test("a spread is what one would subtract on paper", () => {
  expect(spread(0.1, 0.3)).toBe(0.2);
  expect(spread(1, undefined)).toBeNull();
});

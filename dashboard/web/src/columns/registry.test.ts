import type { Entry, WireQuote } from "tickertape-client";
import { describe, expect, test } from "vitest";
import { createFormat } from "../format.ts";
import { rangePosition } from "./range.ts";
import { type ColumnId, columnIds, columnOf } from "./registry.ts";
import { type Row, viewOf } from "./row.ts";
import { spreadOf } from "./spread.ts";

const entry = (quote: WireQuote): Entry => ({ quote, seq: 1, confirmed: true, tick: 0, sent: 0, received: 0 });
const row = (quote?: WireQuote, name = ""): Row => ({
  symbol: "A",
  name,
  zone: "",
  entry: quote && entry(quote),
  decimals: 2,
  tick: 0,
  unknown: false,
});
const full = row({ s: "A", p: 11, pc: 10, b: 1, a: 2, v: 3, h: 12, l: 10, t: 4, vw: 10.5 }, "Apple");
const sortKey = (id: ColumnId, of: Row) => columnOf(id).sort(of);

describe("a column", () => {
  test("has something to sort by, where it is known", () => {
    expect(Object.fromEntries(columnIds.map((id) => [id, sortKey(id, full)]))).toEqual({
      symbol: "A",
      name: "Apple",
      last: 11,
      change: 1,
      percent: 10,
      spark: 10,
      bid: 1,
      ask: 2,
      spread: 1,
      volume: 3,
      vwap: 10.5,
      range: 0.5,
      time: 4,
      status: "live",
    });
    for (const id of columnIds) if (id !== "symbol") expect(sortKey(id, row())).toBeNull();
    expect(sortKey("change", row({ s: "A", p: 1 }))).toBeNull();
  });

  test("of numbers has a text, and a value only where it is known", () => {
    const options = { format: createFormat({ locale: "en-US" }), age: 0, now: 0, quiet: false };
    const texts = (of: Row) => {
      const view = viewOf(of, options);
      return columnIds.flatMap((id) => {
        const { figure } = columnOf(id);
        const value = figure?.value(view);
        return figure && value !== undefined ? [[id, figure.text(value, view)]] : [];
      });
    };
    expect(Object.fromEntries(texts(full))).toEqual({
      last: "11.00",
      change: "+1.00",
      percent: "+10.00%",
      bid: "1.00",
      ask: "2.00",
      spread: "1.00",
      volume: "3",
      vwap: "10.50",
    });
    expect(texts(row())).toEqual([]);
  });

  test("is not narrower at first than the reader can make it", () => {
    for (const id of columnIds) expect(columnOf(id).width).toBeGreaterThanOrEqual(columnOf(id).least);
  });
});

test("the place between low and high stays between them", () => {
  expect(rangePosition({ p: 5, l: 0, h: 10 })).toBe(0.5);
  expect(rangePosition({ p: 50, l: 0, h: 10 })).toBe(1);
  expect(rangePosition({ p: -5, l: 0, h: 10 })).toBe(0);
  expect(rangePosition({ p: 7, l: 7, h: 7 })).toBe(0.5);
  expect(rangePosition({ p: 7, h: 8 })).toBeNull();
});

test("a spread is what one would subtract on paper", () => {
  expect(spreadOf(0.1, 0.3)).toBe(0.2);
  expect(spreadOf(1, undefined)).toBeNull();
});

test.each(["en-US", "de-DE", "fr-FR"])("changes of two digits in percent fit their column in %s", (locale) => {
  const { percent } = createFormat({ locale });
  expect(percent(-12.34).length).toBeLessThanOrEqual(columnOf("percent").fits ?? 0);
});

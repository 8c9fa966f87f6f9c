import { expect, test } from "vitest";
import { createLookup, seriesKey } from "./want.ts";

const series = (symbol: string, interval: string | null) => ({ symbol, interval, limit: null });

test("with a list it may be any symbol, of what the list is followed for and of nothing else", () => {
  const bars = createLookup({ symbols: ["A"], series: [series("#tech", "1m"), series("B", null)] });
  expect(["A", "B", "C"].filter(bars)).toEqual(["A"]);
  const keys = ["1m", "5m", null].map((interval) => seriesKey({ symbol: "C", interval }));
  expect(keys.filter(bars)).toEqual(["1m C"]);
  expect(["trades B", "trades C"].filter(bars)).toEqual(["trades B"]);

  const all = createLookup({ symbols: ["*"], series: [] });
  expect(["A", "*", "trades A", "1m A"].filter(all)).toEqual(["A", "*"]);
  const trades = createLookup({ symbols: [], series: [series("#tech", null)] });
  expect(["A", "trades A", "1m A"].filter(trades)).toEqual(["trades A"]);
});

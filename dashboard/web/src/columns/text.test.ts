import { expect, test } from "vitest";
import { createFormat } from "../format.ts";
import { columnIds } from "./registry.ts";
import { type Row, viewOf } from "./row.ts";
import { headingsOf, textsOf } from "./text.ts";

const format = createFormat({ locale: "en-US", times: "utc" });
const row = (known: boolean): Row => ({
  symbol: "A",
  name: known ? "Apple" : "",
  zone: "",
  entry: known
    ? {
        quote: { s: "A", p: 11, pc: 10, b: 10.9, a: 11.1, v: 3, h: 12, l: 10, t: 1_700_000_000_000_000, vw: 10.5 },
        seq: 1,
        confirmed: true,
        tick: 0,
        sent: 0,
        received: 0,
      }
    : undefined,
  decimals: 2,
  tick: 0,
  unknown: false,
});
const texts = (known: boolean) => {
  const view = viewOf(row(known), { format, age: 0, now: 1_700_000_000_000, quiet: true });
  return columnIds.map((id) => textsOf(id, view));
};

test("each column has as many texts as headings, whether anything is known or not", () => {
  const headings = columnIds.map(headingsOf);
  for (const known of [true, false])
    expect(texts(known).map(({ length }) => length)).toEqual(headings.map(({ length }) => length));
  expect(headings.flat()).toContain("Day low");
  expect(headings.flat()).not.toContain("Day");
});

test("the texts are those of the page, and empty where nothing is known", () => {
  expect(texts(true).flat()).toEqual([
    ...[
      "A",
      "Apple",
      "11.00",
      "+1.00",
      "+10.00%",
      "10.90",
      "11.10",
      "0.20",
      "3",
      "10.50",
      "10.00",
      "12.00",
      "22:13:20",
      "Live",
    ],
  ]);
  expect(texts(false).flat()).toEqual(["A", "No quote yet", ...Array.from({ length: 11 }, () => ""), "No quote"]);
});

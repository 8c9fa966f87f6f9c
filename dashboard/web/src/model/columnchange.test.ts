import { expect, test } from "vitest";
import { defaultLayout, type Layout, moveColumn } from "../columns/layout.ts";
import type { ColumnId } from "../columns/registry.ts";
import { layoutChange } from "./columnchange.ts";

const layout = (...order: ColumnId[]): Layout => ({ order, hidden: [], widths: {} });
const before = layout("symbol", "name", "last", "bid", "ask", "time");

test("a column that was moved is put beside its neighbours, and the others stay as another window has them", () => {
  const next = moveColumn(before, "time", "name");
  const theirs = moveColumn(before, "bid", "symbol");
  const both = layoutChange(before, next)(theirs);
  expect(both.order).toEqual(["bid", "symbol", "time", "name", "last", "ask"]);
  expect(layoutChange(next, before)(both)).toEqual(theirs); // it is undone
  expect(layoutChange(before, next)(theirs)).toEqual(both); // and done again
});

test("two neighbours that change places do so wherever they are", () => {
  const next = moveColumn(before, "name", "last");
  const theirs = layout("ask", "name", "last", "symbol", "bid", "time");
  const both = layoutChange(before, next)(theirs);
  expect(both.order.indexOf("last")).toBeLessThan(both.order.indexOf("name"));
  expect(layoutChange(next, before)(next)).toEqual(before);
});

test("the order is replaced as a whole where more than one column has another place, as by a reset", () => {
  const mixed = layout("time", "ask", "bid", "last", "name", "symbol");
  expect(layoutChange(mixed, defaultLayout)(moveColumn(mixed, "bid", "time")).order).toEqual(defaultLayout.order);
});

import { describe, expect, test } from "vitest";
import {
  defaultLayout,
  moveColumn,
  readLayout,
  resizeColumn,
  shiftColumn,
  toggleColumn,
  tracks,
  visibleColumns,
} from "./layout.ts";
import { columnIds, columns } from "./registry.ts";

describe("the layout of the table", () => {
  test("has each column once", () => {
    expect([...defaultLayout.order].sort()).toEqual([...columnIds].sort());
    expect(defaultLayout.hidden).toEqual(["spread", "vwap", "status"]);
  });

  test("shows and hides columns, but never loses the symbol", () => {
    const shown = toggleColumn(defaultLayout, "vwap");
    expect(visibleColumns(shown)).toContain("vwap");
    expect(toggleColumn(shown, "vwap")).toEqual({ ...defaultLayout, hidden: ["spread", "status", "vwap"] });
    expect(toggleColumn(defaultLayout, "symbol")).toBe(defaultLayout);
  });

  test("moves columns to where another one stands, either way", () => {
    const { order } = defaultLayout;
    expect(moveColumn(defaultLayout, "bid", "name").order.slice(0, 3)).toEqual(["symbol", "bid", "name"]);
    expect(moveColumn(defaultLayout, "symbol", "last").order.slice(0, 3)).toEqual(["name", "last", "symbol"]);
    expect(shiftColumn(defaultLayout, "symbol", -1).order).toEqual(order);
    // Past what is hidden: the neighbour is the one that is seen.
    expect(visibleColumns(shiftColumn(defaultLayout, "ask", 1)).slice(7, 10)).toEqual(["volume", "ask", "range"]);
  });

  test("keeps widths within reason", () => {
    expect(resizeColumn(defaultLayout, "bid", 0.1).widths).toEqual({ bid: columns.bid.least });
    expect(resizeColumn(defaultLayout, "bid", 1000).widths).toEqual({ bid: 40 });
    const sized = resizeColumn(defaultLayout, "name", 10);
    expect(tracks(sized, new Map()).template).toContain(" 10rem ");
    expect(resizeColumn(sized, "name", null)).toEqual(defaultLayout);
  });

  test("widens what must show more than it has room for", () => {
    const plain = tracks(defaultLayout, new Map());
    const wide = tracks(defaultLayout, new Map([["last", 2]]));
    expect(wide.least - plain.least).toBeCloseTo(2 * 0.53125);
  });

  test("is what can be read of it", () => {
    expect(readLayout(null)).toEqual(defaultLayout);
    expect(
      readLayout({ order: ["bid", "shoe size", "bid"], hidden: ["symbol", "ask"], widths: { ask: "x", last: 9 } }),
    ).toEqual({
      order: [
        "symbol",
        "name",
        "last",
        "change",
        "percent",
        "spark",
        "bid",
        "ask",
        "spread",
        "volume",
        "vwap",
        "range",
        "time",
        "status",
      ],
      hidden: ["ask"],
      widths: { last: 9 },
    });
    expect(readLayout(JSON.parse(JSON.stringify(defaultLayout)))).toEqual(defaultLayout);
  });
});

import { change as changeOf } from "tickertape-client";
import { adjustedText } from "./adjusted.ts";
import { figureColumn } from "./column.ts";

/** The change since the previous close, in the currency of the price. */
export const change = figureColumn({
  label: "Change",
  title: "Last price less the previous close",
  width: 5,
  least: 4,
  fits: 7,
  value: (view) => view.change,
  text: (value, { row, format }) => format.change(value, row.decimals),
  note: ({ quote }) => adjustedText(quote),
  sort: ({ p, pc }) => (p === undefined || pc === undefined ? null : changeOf(p, pc)),
});

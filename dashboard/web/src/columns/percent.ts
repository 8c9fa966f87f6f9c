import { changePercent, type WireQuote } from "tickertape-client";
import { adjustedText } from "./adjusted.ts";
import { figureColumn } from "./column.ts";

/** The change in percent of the previous close; null where either price is not known. */
export const percentOf = ({ p, pc }: WireQuote): number | null =>
  p === undefined || pc === undefined ? null : changePercent(p, pc);

/** The change since the previous close, in percent. */
export const percent = figureColumn({
  label: "Change %",
  title: "Change in percent of the previous close",
  width: 5.75,
  least: 4,
  fits: 9, // +123,45 % in German
  // Rounded as it is shown: a change that cannot be read does not flash.
  value: (view) => (view.percent === null ? undefined : Math.round(view.percent * 100) / 100),
  text: (value, { format }) => format.percent(value),
  note: ({ quote }) => adjustedText(quote),
  sort: percentOf,
});

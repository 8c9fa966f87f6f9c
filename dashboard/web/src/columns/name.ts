import { changePercent } from "tickertape-client";
import { drawnColumn } from "./column.ts";
import type { RowView } from "./row.ts";

/** The name of the company, or a word that says why there is none. */
export function nameText({ row, state }: RowView): string {
  if (state === "unknown") return "Unknown symbol";
  return state === "empty" && row.name === "" ? "No quote yet" : row.name;
}

/** The last price outside the regular session, and its change from the session's last price; empty without one. */
export function extendedText({ quote: { x, p }, row: { decimals }, format }: RowView): string {
  if (x === undefined) return "";
  const percent = p === undefined ? null : changePercent(x, p);
  return `Ext ${format.price(x, decimals)}${percent === null ? "" : ` ${format.percent(percent)}`}`;
}

/** The name of the company, the price outside the session, and the source. */
export const name = drawnColumn({
  label: "Name",
  title: "Name",
  width: 7,
  least: 4,
  grows: 1,
  first: "ascending",
  sort: (row) => (row.name === "" ? null : row.name),
});

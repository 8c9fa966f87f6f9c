import { priceColumn } from "./column.ts";

/** The volume-weighted average price of the session. */
export const vwap = priceColumn({
  key: "vw",
  label: "VWAP",
  title: "Average price of the session, weighted by volume",
  width: 5.5,
  least: 4,
  fits: 8,
  hidden: true,
});

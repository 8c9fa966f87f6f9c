import { priceColumn } from "./column.ts";

/** The price of the last trade of the session. */
export const last = priceColumn({
  key: "p",
  label: "Last",
  title: "Price of the last trade",
  width: 6,
  least: 4.5,
  fits: 8,
  directed: true,
});

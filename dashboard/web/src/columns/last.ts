import { priceColumn } from "./column.ts";

export const last = priceColumn({
  key: "p",
  label: "Last",
  title: "Price of the last trade",
  width: 6,
  least: 4.5,
  fits: 8,
  directed: true,
});

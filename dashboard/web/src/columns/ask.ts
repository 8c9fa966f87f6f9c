import { priceColumn } from "./column.ts";

export const ask = priceColumn({ key: "a", label: "Ask", title: "Best ask", width: 5.25, least: 4, fits: 8 });

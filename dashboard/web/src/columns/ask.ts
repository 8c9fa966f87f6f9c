import { priceColumn } from "./column.ts";

/** The lowest price at which someone sells. */
export const ask = priceColumn({ key: "a", label: "Ask", title: "Best ask", width: 5.25, least: 4, fits: 8 });

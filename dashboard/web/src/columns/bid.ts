import { priceColumn } from "./column.ts";

/** The highest price at which someone buys. */
export const bid = priceColumn({ key: "b", label: "Bid", title: "Best bid", width: 5.25, least: 4, fits: 8 });

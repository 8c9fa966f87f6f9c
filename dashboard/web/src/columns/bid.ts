import { priceColumn } from "./column.ts";

export const bid = priceColumn({ key: "b", label: "Bid", title: "Best bid", width: 5.25, least: 4, fits: 8 });

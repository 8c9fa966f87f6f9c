import { drawnColumn } from "./column.ts";
import { percentOf } from "./percent.ts";

/** The session's prices as a sparkline. */
export const spark = drawnColumn({
  label: "Day",
  title: "The session’s prices, and the previous close as a line",
  width: 7,
  least: 4,
  first: "descending",
  sort: ({ entry }) => (entry ? percentOf(entry.quote) : null), // the picture shows how far it went, and which way
});

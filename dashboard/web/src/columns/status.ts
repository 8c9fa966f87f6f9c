import { age } from "../format.ts";
import { drawnColumn } from "./column.ts";
import { agingAfter, type RowView } from "./row.ts";

/** The age of the price. It is empty for a live price that has changed within the last minute. */
export const sinceText = ({ state, age: ms, quote }: RowView): string =>
  quote.t !== undefined && (state !== "live" || ms >= agingAfter[0]) ? age(ms, false) : "";

/** Whether the price is live, and its age. */
export const status = drawnColumn({
  label: "Status",
  title: "Whether the price is live, and how old it is",
  width: 6,
  least: 4.5,
  hidden: true,
  first: "ascending",
  sort: ({ entry }) => (entry ? (entry.quote.st ?? "live") : null),
});

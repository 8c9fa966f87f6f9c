import { age } from "../format.ts";
import { drawnColumn } from "./column.ts";
import { agingAfter, type RowView } from "./row.ts";

/** How old the price is; empty while it is live and has changed a moment ago. */
export const sinceText = ({ state, age: ms, quote }: RowView): string =>
  quote.t !== undefined && (state !== "live" || ms >= agingAfter[0]) ? age(ms, false) : "";

export const status = drawnColumn({
  label: "Status",
  title: "Whether the price is live, and how old it is",
  width: 6,
  least: 4.5,
  hidden: true,
  first: "ascending",
  sort: ({ entry }) => (entry ? (entry.quote.st ?? "live") : null),
});

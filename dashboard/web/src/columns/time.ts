import { dash } from "../format.ts";
import { drawnColumn } from "./column.ts";
import type { RowView } from "./row.ts";

/** The time of day of the last trade, or its date where that is another day. */
export const timeText = ({ quote: { t }, row: { zone }, format, now }: RowView): string =>
  t === undefined ? dash : format.time(t / 1000, zone, now);

/** The time of the last trade. */
export const time = drawnColumn({
  label: "Last trade",
  title: "Time of the last change",
  width: 5.75,
  least: 4.75,
  end: true,
  first: "descending",
  sort: ({ entry }) => entry?.quote.t ?? null,
});

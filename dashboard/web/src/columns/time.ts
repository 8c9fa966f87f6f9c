import { dash } from "../format.ts";
import { drawnColumn } from "./column.ts";
import type { RowView } from "./row.ts";

/** The time of day of the quote's last change, or the date if that was another day. */
export const timeText = ({ quote: { t }, row: { zone }, format, now }: RowView): string =>
  t === undefined ? dash : format.time(t / 1000, zone, now);

/** The time of the last change, which may be one of the bid or the ask. */
export const time = drawnColumn({
  label: "Updated",
  title: "Exchange time of the last change of the quote",
  width: 5.75,
  least: 4.75,
  end: true,
  first: "descending",
  sort: ({ entry }) => entry?.quote.t ?? null,
});

import type { WireQuote } from "tickertape-client";
import { drawnColumn } from "./column.ts";

/** Where the last price stands between the session's low (0) and high (1); null where one of them is not known. */
export function rangePosition({ p, l, h }: Pick<Partial<WireQuote>, "p" | "l" | "h">): number | null {
  if (p === undefined || l === undefined || h === undefined) return null;
  if (h <= l) return 0.5;
  return Math.min(1, Math.max(0, (p - l) / (h - l)));
}

/** The session's low and high, and the last price between them. */
export const range = drawnColumn({
  label: "Day range",
  title: "Low and high of the session, and where the last price stands between them",
  width: 12,
  least: 10,
  grows: 0.6,
  fits: 8,
  texts: 2, // low and high
  first: "descending",
  sort: ({ entry }) => (entry ? rangePosition(entry.quote) : null),
});

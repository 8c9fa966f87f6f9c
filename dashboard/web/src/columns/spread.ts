import { decimalsOf, scale } from "tickertape-client";
import { figureColumn } from "./column.ts";

/** Ask less bid, without an error of floating point; null where one of them is not known. */
export function spreadOf(bid: number | undefined, ask: number | undefined): number | null {
  if (bid === undefined || ask === undefined) return null;
  const decimals = Math.max(decimalsOf(bid), decimalsOf(ask));
  return (scale(ask, decimals) - scale(bid, decimals)) / 10 ** decimals;
}

/** Ask less bid. */
export const spread = figureColumn({
  label: "Spread",
  title: "Ask less bid",
  width: 4.5,
  least: 4,
  fits: 6,
  hidden: true,
  value: ({ quote }) => spreadOf(quote.b, quote.a) ?? undefined,
  text: (value, { row, format }) => format.price(value, row.decimals),
  sort: ({ b, a }) => spreadOf(b, a),
});

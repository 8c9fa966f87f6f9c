import { useRef } from "preact/hooks";
import type { Services } from "./services.ts";

/**
 * Why a symbol has no bars, or no trades; "" unless the server has answered that it has none. A count of trades that
 * grows meanwhile shows that the source does not send them one by one. It is looked at once a second.
 */
export function useAbsence(
  { market, format }: Services,
  symbol: string,
  what: "bars" | "trades",
  none: boolean,
): string {
  const first = useRef<{ readonly symbol: string; readonly count: number } | null>(null);
  if (!none) {
    first.current = null;
    return "";
  }
  market.connectionStats.value; // it changes each second
  const count = market.row(symbol).entry?.quote.n ?? 0;
  // A day that begins counts anew.
  if (first.current?.symbol !== symbol || count < first.current.count) first.current = { symbol, count };
  if (count > first.current.count) {
    return what === "bars"
      ? "No bars: the source of this symbol does not send its trades."
      : "The source of this symbol does not send its trades.";
  }
  if (count > 0) return `Of the day’s ${format.value.count(count)} trades, none is kept here.`;
  return `No ${what} yet.`;
}

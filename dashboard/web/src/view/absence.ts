import { useRef } from "preact/hooks";
import type { Settings } from "../model/settings.ts";
import type { Services } from "./services.ts";

const refusal = (code: string): string =>
  code === "too_many_symbols"
    ? "The server allows no more charts and tapes at once. The page keeps asking."
    : "The server has no room for this now. The page keeps asking.";

/**
 * Why no bars of an interval, or no trades, of a symbol are shown; "" where some are. It is `loading` until the server has
 * answered, and `none` if it has answered that there are none. A count of trades that grows meanwhile shows that the source
 * does not send them one by one. It is looked at once a second.
 */
export function useAbsence(
  { client, market, format }: Services,
  kind: Settings["interval"] | "trades",
  symbol: string,
  state: "loading" | "none" | "some",
): string {
  const first = useRef<{ readonly symbol: string; readonly count: number } | null>(null);
  const what = kind === "trades" ? "trades" : "bars";
  if (state !== "none") first.current = null;
  if (state === "some") return "";
  market.connectionStats.value; // it changes each second
  const refused = client.refused(`${kind} ${symbol}`);
  if (refused !== undefined) return refusal(refused);
  if (state === "loading") return "Loading…";
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

import { useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import type { RowView } from "../columns/row.ts";
import { shownView } from "./grid/rowview.ts";
import type { Services } from "./services.ts";

/**
 * Follows symbols beside those of the list while the view is mounted. Returns what is shown of each of them; the
 * component is rendered again in the frame in which one of them changes. `view` is who asks.
 */
export function useRows(
  { market, shown, format }: Services,
  view: "detail" | "search",
  symbols: readonly string[],
): (symbol: string) => RowView {
  const drawn = useSignal(0);
  // Before the browser paints: what changes after a row has been taken must draw another one.
  useLayoutEffect(() => {
    market.followExtra(view, symbols);
    if (symbols.length === 0) return;
    const stop = shown.follow({
      wants: (symbol) => symbols.includes(symbol),
      draw: (changed) => {
        if (symbols.some((symbol) => changed.has(symbol))) drawn.value++;
      },
    });
    return () => {
      stop();
      market.followExtra(view, []);
    };
  }, [market, shown, view, symbols.join(), drawn]);
  drawn.value; // the component is rendered again in the same frame when it changes
  const { now } = market.connectionStats.value;
  const { live } = market.liveness.value;
  return (symbol) => {
    const row = shown.row(symbol);
    return shownView(row, { format: format.value, age: market.age(row), now, quiet: true, live });
  };
}

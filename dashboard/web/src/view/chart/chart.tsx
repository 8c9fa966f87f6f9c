/*
 * view/chart/ shows the bars of a symbol as candles or as a table. A library draws the candles. Only `pricechart.ts`
 * imports it, and is fetched with the first chart that is opened.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Bar } from "tickertape-client";
import type { Services } from "../services.ts";
import { type FollowedBars, followBars } from "./follow.ts";
import type { PriceChart } from "./pricechart.ts";
import { BarTable } from "./table.tsx";
import { Intervals, intervalNames, Moves } from "./tools.tsx";

const tableRows = 50;

type State = "loading" | "empty" | "drawn" | "failed";

const plotTexts: Readonly<Record<Exclude<State, "drawn">, string>> = {
  loading: "Loading…",
  empty: "No bars yet.",
  failed: "The chart could not be loaded. To try again, close the detail and open it again.",
};

/** The bars of a symbol. */
export function Chart({ services, symbol }: { readonly services: Services; readonly symbol: string }) {
  const { client, settings, market, shown } = services;
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<PriceChart | null>(null);
  const followed = useRef<FollowedBars | null>(null);
  const state = useSignal<State>("loading");
  const asTable = useSignal(false);
  const rows = useSignal<readonly Bar[]>([]);
  const { interval, theme, scheme } = settings.value.value;
  const format = services.format.value;
  const { decimals, zone } = market.row(symbol);
  const intraday = interval !== "1d";
  const newest = (bars: readonly Bar[]) => bars.slice(-tableRows).reverse();

  useEffect(() => {
    state.value = "loading";
    const bars = followBars({
      client,
      shown,
      symbol,
      interval,
      draw({ whole, bars: changed, all, answered }) {
        const now = state.peek();
        if (now !== "failed" && (whole || now !== "drawn"))
          state.value = all().length > 0 ? "drawn" : answered ? "empty" : "loading";
        if (asTable.peek()) rows.value = newest(all());
        if (whole) chart.current?.set(all());
        else chart.current?.update(changed, all);
        return chart.current !== null;
      },
    });
    followed.current = bars;
    return () => bars.close();
  }, [client, shown, symbol, interval, state, rows, asTable]);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let closed = false;
    import("./pricechart.ts")
      .then(({ createPriceChart }) => {
        if (closed) return;
        chart.current = createPriceChart({ host: element, format, decimals, zone, intraday });
        followed.current?.redraw();
      })
      .catch(() => {
        if (!closed) state.value = "failed";
      });
    return () => {
      closed = true;
      chart.current?.close();
      chart.current = null;
    };
  }, [symbol, interval, format, decimals, zone, intraday, state]);

  useEffect(() => {
    const restyle = () => chart.current?.restyle(client.bars(symbol, interval));
    restyle();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", restyle);
    return () => dark.removeEventListener("change", restyle);
  }, [theme, scheme, client, symbol, interval]);

  const toggleTable = () => {
    asTable.value = !asTable.value;
    rows.value = newest(client.bars(symbol, interval));
  };
  return (
    <section class="history" aria-label="Chart">
      <div class="bar">
        <Intervals settings={settings} />
        <Moves chart={chart} asTable={asTable} toggleTable={toggleTable} />
      </div>
      <div class="plot" data-state={state.value}>
        <div class="canvas" ref={host} aria-hidden="true" data-hidden={asTable.value} />
        {asTable.value && (
          <BarTable
            label={`Bars of ${symbol}, ${intervalNames[interval]} each`}
            bars={rows.value}
            format={format}
            decimals={decimals}
            zone={zone}
            intraday={intraday}
          />
        )}
        {state.value !== "drawn" && <p class="vacant">{plotTexts[state.value]}</p>}
      </div>
      <p class="credit">
        Times in {format.zone(zone, Date.now())}. Chart by{" "}
        <a href="https://www.tradingview.com/" target="_blank" rel="noopener">
          TradingView
        </a>
      </p>
    </section>
  );
}

/*
 * view/chart/ shows the bars of a symbol as candles or as a table. A library draws the candles. Only `pricechart.ts`
 * imports it, and is fetched with the first chart that is opened.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Bar } from "tickertape-client";
import { useAbsence } from "../absence.ts";
import type { Services } from "../services.ts";
import { type FollowedBars, followBars } from "./follow.ts";
import type { PriceChart } from "./pricechart.ts";
import { BarTable } from "./table.tsx";
import { Intervals, intervalNames, Moves } from "./tools.tsx";

const tableRows = 50;

type State = "loading" | "empty" | "drawn";

/** Whose bars are shown, and how its prices and times are written. */
export interface ChartProps {
  readonly services: Services;
  readonly symbol: string;
  readonly decimals: number;
  /** The exchange's time zone. */
  readonly zone: string;
}

/** The bars of a symbol. */
export function Chart({ services, symbol, decimals, zone }: ChartProps) {
  const { client, settings, market, shown } = services;
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<PriceChart | null>(null);
  const followed = useRef<FollowedBars | null>(null);
  const state = useSignal<State>("loading");
  const failed = useSignal(false); // the script of the chart could not be loaded
  const asTable = useSignal(false);
  const rows = useSignal<readonly Bar[]>([]);
  const { interval, theme, scheme } = settings.value.value;
  const format = services.format.value;
  const said = market.kept.value !== undefined; // a query for bars that are not kept would be refused as a whole
  const kept = market.kept.value?.includes(interval) !== false;
  const style = { format, decimals, zone, interval };
  const newestStyle = useRef(style);
  const has = { loading: "loading", empty: "none", drawn: "some" } as const;
  const otherReason = failed.value || !kept; // for which there is no chart
  const absence = useAbsence(services, interval, symbol, otherReason ? "some" : has[state.value]);
  const newest = (bars: readonly Bar[]) => bars.slice(-tableRows).reverse();

  useEffect(() => {
    state.value = "loading";
    rows.value = [];
    chart.current?.set([]);
    chart.current?.begin();
    if (!kept) state.value = "empty";
    if (!kept || !said) return;
    let closed = false;
    const list = shown.paced(() => {
      if (asTable.peek() && !closed) rows.value = newest(client.bars(symbol, interval));
    });
    const bars = followBars({
      client,
      shown,
      symbol,
      interval,
      draw({ whole, bars: changed, all, answered }) {
        if (whole || state.peek() !== "drawn")
          state.value = all().length > 0 ? "drawn" : answered ? "empty" : "loading";
        list();
        if (whole) chart.current?.set(all());
        else chart.current?.update(changed, all);
        return chart.current !== null;
      },
    });
    followed.current = bars;
    return () => {
      closed = true;
      bars.close();
      followed.current = null;
    };
  }, [client, shown, symbol, interval, said, kept, state, rows, asTable]);

  useEffect(() => {
    newestStyle.current = style;
    chart.current?.write(style);
  }, [format, decimals, zone, interval]);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let closed = false;
    import("./pricechart.ts")
      .then(({ createPriceChart }) => {
        if (closed) return;
        chart.current = createPriceChart(element, newestStyle.current);
        followed.current?.redraw();
      })
      .catch(() => {
        if (!closed) failed.value = true;
      });
    return () => {
      closed = true;
      chart.current?.close();
      chart.current = null;
    };
  }, [failed]);

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
  const name = intervalNames[interval];
  const vacant = () => {
    if (!kept) return `The server keeps no bars of ${name}.`;
    if (failed.value) return "The chart could not be loaded. To try again, close the detail and open it again.";
    return absence;
  };
  return (
    <section class="history" aria-label="Chart">
      <div class="bar">
        <Intervals id={services.id} settings={settings} />
        <Moves chart={chart} asTable={asTable} toggleTable={toggleTable} />
      </div>
      <div class="plot" data-state={failed.value ? "failed" : state.value}>
        <div class="canvas" ref={host} aria-hidden="true" data-hidden={asTable.value} />
        {asTable.value && (
          <BarTable
            label={`Bars of ${symbol}, ${name} each`}
            caption={`The newest ${rows.value.length} bars of ${symbol}, ${name} each`}
            bars={rows.value}
            format={format}
            decimals={decimals}
            zone={zone}
            intraday={interval !== "1d"}
          />
        )}
        {(failed.value || state.value !== "drawn") && <p class="vacant">{vacant()}</p>}
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

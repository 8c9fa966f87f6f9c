import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Bar } from "tickertape-client";
import { dash } from "../../format.ts";
import { settingChoices } from "../../model/settings.ts";
import { onceAFrame } from "../frame.ts";
import { EndIcon, LeftIcon, RightIcon, TableIcon, ZoomInIcon, ZoomOutIcon } from "../icons.tsx";
import type { Services } from "../services.ts";
import type { PriceChart } from "./chart.ts";

const intervalNames: Readonly<Record<string, string>> = {
  "1s": "1 second",
  "5s": "5 seconds",
  "1m": "1 minute",
  "5m": "5 minutes",
  "15m": "15 minutes",
  "1h": "1 hour",
  "1d": "1 day",
};
const tableRows = 50;

/** The bars of a symbol, as candles and as a table. */
export function History({ services, symbol }: { readonly services: Services; readonly symbol: string }) {
  const { client, settings, market } = services;
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<PriceChart | null>(null);
  const state = useSignal<"loading" | "empty" | "drawn" | "failed">("loading");
  const asTable = useSignal(false);
  const rows = useSignal<readonly Bar[]>([]);
  const { interval, theme, scheme } = settings.value.value;
  const format = services.format.value;
  const { decimals, zone } = market.row(symbol);

  // What has changed since the chart was drawn last; whole: all of it.
  const pending = useRef<{ changes: Bar[]; whole: boolean }>({ changes: [], whole: true });
  const draw = useRef<() => void>(() => {});

  useEffect(() => {
    const ask = { bars: [symbol], interval };
    let told = false;
    state.value = "loading";
    const all = () => client.bars(symbol, interval); // thousands, so that they are asked for only when they are needed
    const mark = onceAFrame(() => {
      const { changes, whole } = pending.current;
      if (whole || state.peek() !== "drawn") state.value = all().length > 0 ? "drawn" : told ? "empty" : "loading";
      if (asTable.peek()) rows.value = all().slice(-tableRows).reverse();
      const made = chart.current;
      if (!made) return;
      if (whole) made.set(all());
      else made.update(changes, all);
      pending.current = { changes: [], whole: false };
    });
    draw.current = () => {
      pending.current.whole = true;
      mark();
    };
    const stop = client.on("series", (change) => {
      if (change.kind !== "bars" || change.symbol !== symbol || change.interval !== interval) return;
      told = true;
      if (change.reset) pending.current.whole = true;
      else if (chart.current) pending.current.changes.push(...change.bars);
      mark();
    });
    client.subscribe(ask);
    return () => {
      stop();
      client.unsubscribe(ask);
    };
  }, [client, symbol, interval, state, rows, asTable]);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let closed = false;
    import("./chart.ts")
      .then(({ createPriceChart }) => {
        if (closed) return;
        chart.current = createPriceChart({ host: element, format, decimals, zone, intraday: interval !== "1d" });
        draw.current();
      })
      .catch(() => {
        if (!closed) state.value = "failed";
      });
    return () => {
      closed = true;
      chart.current?.close();
      chart.current = null;
    };
  }, [symbol, interval, format, decimals, zone, state]);

  useEffect(() => {
    chart.current?.restyle(client.bars(symbol, interval));
  }, [theme, scheme, client, symbol, interval]);

  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const restyle = () => chart.current?.restyle(client.bars(symbol, interval));
    dark.addEventListener("change", restyle);
    return () => dark.removeEventListener("change", restyle);
  }, [client, symbol, interval]);

  const price = (value: number | undefined) => (value === undefined ? dash : format.price(value, decimals));
  const button = (label: string, icon: preact.JSX.Element, run: () => void) => (
    <button type="button" class="quiet" aria-label={label} title={label} disabled={asTable.value} onClick={run}>
      {icon}
    </button>
  );
  return (
    <section class="history" aria-label="Chart">
      <div class="bar">
        <fieldset class="intervals">
          <legend class="visually-hidden">Interval</legend>
          {settingChoices.interval.map((value) => (
            <label key={value} title={intervalNames[value]}>
              <input
                type="radio"
                name="interval"
                value={value}
                aria-label={intervalNames[value]}
                checked={value === interval}
                onChange={() => settings.update((before) => ({ ...before, interval: value }))}
              />
              <span>{value}</span>
            </label>
          ))}
        </fieldset>
        <div class="moves">
          {button("Earlier", <LeftIcon />, () => chart.current?.scroll(-0.3))}
          {button("Later", <RightIcon />, () => chart.current?.scroll(0.3))}
          {button("To the newest", <EndIcon />, () => chart.current?.toEnd())}
          {button("Zoom in", <ZoomInIcon />, () => chart.current?.zoom(0.7))}
          {button("Zoom out", <ZoomOutIcon />, () => chart.current?.zoom(1.4))}
          <button
            type="button"
            class="quiet"
            aria-pressed={asTable.value}
            aria-label="As a table"
            title="As a table"
            onClick={() => {
              asTable.value = !asTable.value;
              rows.value = client.bars(symbol, interval).slice(-tableRows).reverse();
            }}
          >
            <TableIcon />
          </button>
        </div>
      </div>
      <div class="plot" data-state={state.value}>
        <div class="canvas" ref={host} aria-hidden="true" data-hidden={asTable.value} />
        {asTable.value && (
          <section
            class="bars"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
            tabIndex={0}
            aria-label={`Bars of ${symbol}, ${intervalNames[interval]} each`}
          >
            <table>
              <thead>
                <tr>
                  <th scope="col">Start</th>
                  <th scope="col">Open</th>
                  <th scope="col">High</th>
                  <th scope="col">Low</th>
                  <th scope="col">Close</th>
                  <th scope="col">Volume</th>
                </tr>
              </thead>
              <tbody>
                {rows.value.map((bar) => (
                  <tr key={bar.time}>
                    <th scope="row">{interval === "1d" ? format.day(bar.time, zone) : format.clock(bar.time, zone)}</th>
                    <td>{price(bar.open)}</td>
                    <td>{price(bar.high)}</td>
                    <td>{price(bar.low)}</td>
                    <td>{price(bar.close)}</td>
                    <td>{format.volume(bar.volume)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )}
        {state.value === "loading" && <p class="vacant">Loading…</p>}
        {state.value === "empty" && <p class="vacant">No trades in any bar yet.</p>}
        {state.value === "failed" && (
          <p class="vacant">The chart could not be loaded. It is tried again when this is opened again.</p>
        )}
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

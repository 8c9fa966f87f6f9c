/*
 * view/detail/ is all that is known of one symbol, beside the table: its price, bid and ask, chart, statistics and
 * trades.
 */
import { useLayoutEffect, useRef } from "preact/hooks";
import { age } from "../../format.ts";
import { Chart } from "../chart/chart.tsx";
import { CloseIcon } from "../icons.tsx";
import { useRows } from "../rows.ts";
import type { Services } from "../services.ts";
import { Book } from "./book.tsx";
import { Price } from "./price.tsx";
import { Statistics } from "./statistics.tsx";
import { Tape } from "./tape.tsx";

interface Props {
  readonly services: Services;
  readonly symbol: string;
}

/** The detail of a symbol. It takes the focus, and gives it back when it is closed. */
export function Detail({ services, symbol }: Props) {
  const { market } = services;
  const pane = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  // Before the browser paints: the next key belongs to what has the focus then.
  useLayoutEffect(() => {
    const before = document.activeElement;
    const aside = pane.current;
    heading.current?.focus({ preventScroll: true });
    return () => {
      const now = document.activeElement;
      const lost = now === null || now === document.body || aside?.contains(now);
      if (lost && before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);

  const view = useRows(services, "detail", [symbol])(symbol);
  const { row, quote, change, format } = view;
  const state = market.liveness.value.live || view.state !== "live" ? view.state : "old";
  const trend = change === undefined || change === 0 ? null : change > 0 ? "up" : "down";
  const info = market.directory.info(symbol);
  const source = quote.src ?? market.feed.value.source;
  const delay =
    row.entry && !row.replayed && quote.t !== undefined ? Math.max(0, row.entry.sent / 1000 - quote.t / 1000) : null;
  return (
    <aside class="detail" ref={pane} aria-labelledby="detail-title" data-state={state} data-trend={trend}>
      <div class="top">
        <div class="who">
          <h2 id="detail-title" ref={heading} tabIndex={-1}>
            {symbol}
          </h2>
          <p class="company">{row.unknown ? "Unknown symbol" : row.name}</p>
        </div>
        <Buttons services={services} symbol={symbol} />
      </div>
      <Price view={view} state={state} origin={[info?.currency, source].filter(Boolean).join(" · ")} />
      <Book view={view} />
      <Chart services={services} symbol={symbol} />
      <Statistics view={view} />
      <Tape services={services} symbol={symbol} />
      <p class="origin-line">
        {source} · {quote.t === undefined ? "no price yet" : format.moment(quote.t / 1000, row.zone)}
        {delay === null ? "" : ` · sent by the server ${age(delay)} later`}
        {info?.sector ? ` · ${info.sector}` : ""}
        {info?.rounded ? " · prices rounded to nine decimals" : ""}
      </p>
    </aside>
  );
}

function Buttons({ services, symbol }: Props) {
  const { workspace, market, shown, detail } = services;
  const listed = workspace.symbols.value?.includes(symbol) ?? false;
  const info = market.directory.info(symbol) ?? { symbol };
  return (
    <>
      <button
        type="button"
        class="tool"
        onClick={() => (listed ? workspace.remove(symbol) : workspace.add(info))}
        disabled={shown.row(symbol).unknown}
      >
        {listed ? "Remove from list" : "Add to list"}
      </button>
      <button type="button" class="quiet" aria-label={`Close ${symbol}`} title="Close (Esc)" onClick={detail.close}>
        <CloseIcon />
      </button>
    </>
  );
}

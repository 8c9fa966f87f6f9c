/*
 * view/detail/ is all that is known of one symbol, beside the table: its price, bid and ask, chart, statistics and
 * trades.
 */
import { useRef } from "preact/hooks";
import { age } from "../../format.ts";
import { Chart } from "../chart/chart.tsx";
import { CloseIcon } from "../icons.tsx";
import { useRows } from "../rows.ts";
import type { Services } from "../services.ts";
import { Book } from "./book.tsx";
import { useSheet } from "./focus.ts";
import { Move } from "./move.tsx";
import { Price } from "./price.tsx";
import { Statistics } from "./statistics.tsx";
import { Tape } from "./tape.tsx";

interface Props {
  readonly services: Services;
  readonly symbol: string;
}

/** The detail of a symbol. It follows the active row of the table; chart and trades follow when the reader rests. */
export function Detail({ services, symbol }: Props) {
  const { id, market, detail } = services;
  const pane = useRef<HTMLElement>(null);
  const sheet = useSheet(pane);
  const settled = detail.settled.value ?? symbol;

  const view = useRows(services, "detail", [symbol])(symbol);
  const { row, quote, change, state, format } = view;
  const rested = settled === symbol ? row : market.row(settled);
  const trend = change === undefined || change === 0 ? null : change > 0 ? "up" : "down";
  const info = market.directory.info(symbol);
  const source = quote.src ?? market.feed.value.source;
  const delay =
    row.entry && !row.replayed && quote.t !== undefined ? Math.max(0, row.entry.sent / 1000 - quote.t / 1000) : null;
  return (
    <section
      class="detail"
      ref={pane}
      tabIndex={-1}
      role={sheet ? "dialog" : "complementary"}
      {...(sheet && { "aria-modal": true })}
      aria-labelledby={`${id}-detail-title`}
      data-state={state}
      data-trend={trend}
      data-passing={settled !== symbol}
    >
      <div class="top">
        <div class="who">
          <h2 id={`${id}-detail-title`}>{symbol}</h2>
          <p class="company">{row.unknown ? "Unknown symbol" : row.name}</p>
        </div>
        <Buttons services={services} symbol={symbol} />
      </div>
      {row.unknown ? (
        <p class="vacant">The server does not know {symbol}. When it does, its prices will be here.</p>
      ) : (
        <>
          <Price view={view} origin={[info?.currency, source].filter(Boolean).join(" · ")} />
          <Book view={view} />
          <Chart key={settled} services={services} symbol={settled} decimals={rested.decimals} zone={rested.zone} />
          <Statistics view={view} />
          <Tape key={settled} services={services} symbol={settled} decimals={rested.decimals} zone={rested.zone} />
          <p class="origin-line">
            {source} · {quote.t === undefined ? "no price yet" : format.moment(quote.t / 1000, row.zone)}
            {delay === null ? "" : ` · sent by the server ${age(delay)} later`}
            {info?.sector ? ` · ${info.sector}` : ""}
            {info?.rounded ? " · prices rounded to nine decimals" : ""}
          </p>
        </>
      )}
    </section>
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
      <Move services={services} symbol={symbol} />
      <button type="button" class="quiet" aria-label={`Close ${symbol}`} title="Close (Esc)" onClick={detail.close}>
        <CloseIcon />
      </button>
    </>
  );
}

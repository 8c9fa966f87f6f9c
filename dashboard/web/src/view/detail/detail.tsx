import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { changePercent } from "tickertape-client";
import { rangePosition } from "../../columns/range.ts";
import { agingAfter, stateNames, viewOf } from "../../columns/row.ts";
import { spreadOf } from "../../columns/spread.ts";
import { age, dash } from "../../format.ts";
import { History } from "../chart/history.tsx";
import { onceAFrame } from "../frame.ts";
import { CloseIcon } from "../icons.tsx";
import type { Services } from "../services.ts";
import { Tape } from "./tape.tsx";

/** Everything that is known of one symbol. */
export function Detail({ services, symbol }: { readonly services: Services; readonly symbol: string }) {
  const { client, market, workspace, close } = services;
  const pane = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const drawn = useSignal(0);

  // With the commit, not after the paint: the next key belongs to what has the focus then.
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

  useEffect(() => {
    market.followExtra(symbol);
    const draw = onceAFrame(() => {
      drawn.value++;
    });
    const stop = client.on("changed", (symbols) => {
      if (symbols.includes(symbol)) draw();
    });
    return () => {
      stop();
      market.followExtra(null);
    };
  }, [client, market, symbol, drawn]);

  // Read so that a change of either, and each second, draws it anew.
  drawn.value;
  const vitals = market.vitals.value;
  const { live } = market.condition.value;
  const format = services.format.value;
  const row = market.row(symbol);
  const { decimals, zone, entry } = row;
  const view = viewOf(row, { format, age: market.age(row), now: vitals.now, quiet: true });
  const { quote, change, percent, state } = view;
  const info = market.directory.info(symbol);

  const price = (value: number | undefined) => (value === undefined ? dash : format.price(value, decimals));
  const position = rangePosition(quote);
  const gap = spreadOf(quote.b, quote.a);
  const middle = quote.b !== undefined && quote.a !== undefined ? (quote.b + quote.a) / 2 : 0;
  const depth =
    quote.bz !== undefined && quote.az !== undefined && quote.bz + quote.az > 0
      ? quote.bz / (quote.bz + quote.az)
      : null;
  const trend = change === undefined || change === 0 ? null : change > 0 ? "up" : "down";
  const shown = live || state !== "live" ? state : "old";
  const old = view.age >= agingAfter[0] || shown !== "live";
  const listed = workspace.symbols.value?.includes(symbol) ?? false;
  const ext = quote.x === undefined || quote.p === undefined ? null : changePercent(quote.x, quote.p);
  const statistics: readonly (readonly [string, string])[] = [
    ["Open", price(quote.o)],
    ["High", price(quote.h)],
    ["Low", price(quote.l)],
    ["Previous close", price(quote.pc)],
    ["Volume", quote.v === undefined ? dash : format.volume(quote.v)],
    ["VWAP", price(quote.vw)],
    ["Trades", quote.n === undefined ? dash : format.count(quote.n)],
    ["Last size", quote.z === undefined ? dash : format.count(quote.z)],
  ];
  const delay = entry && quote.t !== undefined ? Math.max(0, entry.sent / 1000 - quote.t / 1000) : null;

  return (
    <aside class="detail" ref={pane} aria-labelledby="detail-title" data-state={shown} data-trend={trend}>
      <div class="top">
        <div class="who">
          <h2 id="detail-title" ref={heading} tabIndex={-1}>
            {symbol}
          </h2>
          <p class="company">{row.unknown ? "Unknown symbol" : row.name}</p>
        </div>
        <button
          type="button"
          class="tool"
          onClick={() => (listed ? workspace.remove(symbol) : workspace.add(info ?? { symbol }))}
          disabled={row.unknown}
        >
          {listed ? "Remove from list" : "Add to list"}
        </button>
        <button type="button" class="quiet" aria-label={`Close ${symbol}`} title="Close (Esc)" onClick={close}>
          <CloseIcon />
        </button>
      </div>
      <div class="now">
        <p class="big">{price(quote.p)}</p>
        <p class="move">
          {change === undefined ? dash : format.change(change, decimals)}{" "}
          <span>{percent === null ? "" : format.percent(percent)}</span>
        </p>
        <p class="standing">
          <span class="word">{stateNames[shown]}</span>
          {entry &&
            (old
              ? `${age(view.age, false)} old`
              : quote.t !== undefined && `${format.time(quote.t / 1000, zone, vitals.now)}, ${age(view.age)} ago`)}
          <span class="from">
            {[info?.currency, quote.src ?? market.feed.value.source].filter(Boolean).join(" · ")}
          </span>
        </p>
        {quote.x !== undefined && (
          <p class="extended-hours">
            Outside the session {price(quote.x)} {ext === null ? "" : format.percent(ext)}
            {quote.xt === undefined ? "" : `, ${format.time(quote.xt / 1000, zone, vitals.now)}`}
          </p>
        )}
      </div>
      <div class="book">
        <div class="side">
          <span class="label">Bid</span>
          <b>{price(quote.b)}</b>
          <span class="size">{quote.bz === undefined ? "" : format.count(quote.bz)}</span>
        </div>
        <div class="side ask">
          <span class="label">Ask</span>
          <b>{price(quote.a)}</b>
          <span class="size">{quote.az === undefined ? "" : format.count(quote.az)}</span>
        </div>
        {depth !== null && (
          <div class="depth" title="Size at the bid against size at the ask">
            <span style={{ width: `${(depth * 100).toFixed(1)}%` }} />
          </div>
        )}
        <p class="gap">
          {gap === null
            ? ""
            : `Spread ${format.price(gap, decimals)}${middle > 0 ? `, ${format.price((gap / middle) * 10_000, 1)} bps` : ""}`}
        </p>
      </div>
      <History services={services} symbol={symbol} />
      <dl class="statistics">
        {statistics.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div class="range-row">
          <dt>Day range</dt>
          <dd>
            <span>{price(quote.l)}</span>
            <span class="track">
              {position !== null && <span class="at" style={{ "--at": position.toFixed(3) }} />}
            </span>
            <span>{price(quote.h)}</span>
          </dd>
        </div>
      </dl>
      <Tape services={services} symbol={symbol} />
      <p class="origin-line">
        {quote.src ?? market.feed.value.source} ·{" "}
        {quote.t === undefined ? "no trade yet" : format.moment(quote.t / 1000, zone)}
        {delay === null ? "" : ` · told by the server ${age(delay)} later`}
        {info?.sector ? ` · ${info.sector}` : ""}
      </p>
    </aside>
  );
}

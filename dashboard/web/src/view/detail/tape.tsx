import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Trade } from "tickertape-client";
import { useAbsence } from "../absence.ts";
import type { Services } from "../services.ts";

const rowsShown = 40;

/** Trades that are not shown, before the trade with that number. */
interface Gap {
  readonly skipped: number;
  readonly number: number;
}

/** Whose trades are shown, and how its prices and times are written. */
export interface TapeProps {
  readonly services: Services;
  readonly symbol: string;
  readonly decimals: number;
  /** The exchange's time zone. */
  readonly zone: string;
}

/** The newest trades, newest first. They stand still while the pointer or the focus is on them, or they are scrolled. */
export function Tape({ services, symbol, decimals, zone }: TapeProps) {
  const { client, shown: rows } = services;
  const shown = useSignal<readonly (Trade | Gap)[] | null>(null); // null until the server has answered
  const holds = useRef(new Set<"pointer" | "focus" | "scroll">());
  const release = useRef<() => void>(() => {});
  const waiting = useSignal(false);
  const format = services.format.value;
  const absence = useAbsence(
    services,
    "trades",
    symbol,
    !shown.value ? "loading" : shown.value.length === 0 ? "none" : "some",
  );

  useEffect(() => {
    const ask = { trades: [symbol] };
    let gaps: Gap[] = [];
    let closed = false;
    const show = rows.paced(() => {
      if (closed) return;
      waiting.value = holds.current.size > 0 && !!shown.peek()?.length; // nothing is being read yet
      if (waiting.value) return;
      const trades: (Trade | Gap)[] = client.trades(symbol).slice(-rowsShown);
      const first = trades[0]?.number ?? 0;
      gaps = gaps.filter(({ number }) => number >= first);
      for (const gap of gaps) {
        const at = trades.findIndex((trade) => trade.number >= gap.number);
        if (at >= 0) trades.splice(at, 0, gap);
      }
      shown.value = trades.slice(-rowsShown).reverse();
    });
    release.current = show;
    const stop = client.on("series", (change) => {
      if (change.kind !== "trades" || change.symbol !== symbol) return;
      if (change.reset) gaps = [];
      const next = change.trades[0]?.number;
      if (change.skipped > 0 && next !== undefined && !change.reset)
        gaps = [...gaps, { skipped: change.skipped, number: next }].slice(-rowsShown);
      show();
    });
    client.subscribe(ask);
    return () => {
      closed = true;
      stop();
      client.unsubscribe(ask);
      shown.value = null;
      waiting.value = false;
    };
  }, [client, rows, symbol, shown, waiting]);

  const hold = (by: "pointer" | "focus" | "scroll", on: boolean) => {
    if (on) holds.current.add(by);
    else holds.current.delete(by);
    if (holds.current.size === 0 && waiting.value) release.current();
  };
  return (
    <section class="tape" aria-label="Time and sales">
      <h3>
        Time and sales
        <span class="still" data-on={waiting.value}>
          Paused while you read
        </span>
      </h3>
      <section
        class="trades"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
        tabIndex={0}
        aria-label="Trades, newest first"
        onPointerEnter={(event) => event.pointerType === "mouse" && hold("pointer", true)}
        onPointerLeave={() => hold("pointer", false)}
        onFocus={() => hold("focus", true)}
        onBlur={() => hold("focus", false)}
        onScroll={({ currentTarget: { scrollTop } }) => hold("scroll", scrollTop > 0)}
      >
        {!shown.value?.length ? (
          <p class="vacant">{absence}</p>
        ) : (
          <table>
            <colgroup>
              <col />
              <col />
              <col />
              <col />
            </colgroup>
            <thead class="visually-hidden">
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Price</th>
                <th scope="col">Size</th>
                <th scope="col">Conditions</th>
              </tr>
            </thead>
            <tbody>
              {/* A row keeps its place and gets another trade: rows that move down are a shift of the layout. */}
              {shown.value.map((trade, place) =>
                "skipped" in trade ? (
                  <tr key={place} class="gap">
                    <td colSpan={4}>{format.count(trade.skipped)} not shown</td>
                  </tr>
                ) : (
                  <tr
                    key={place}
                    data-direction={trade.direction === 0 ? null : trade.direction > 0 ? "up" : "down"}
                    data-status={trade.status || null}
                  >
                    <td class="when">{format.clock(trade.time, zone)}</td>
                    <td class="price">{format.price(trade.price, decimals)}</td>
                    <td class="size">{trade.size === undefined ? "" : format.size(trade.size)}</td>
                    <td class="conditions" title={trade.conditions.join(", ")}>
                      {[trade.status, trade.extended ? "ext" : "", ...trade.conditions]
                        .filter((one) => one !== "")
                        .join(" ")}
                    </td>
                  </tr>
                ),
              )}
            </tbody>
          </table>
        )}
      </section>
    </section>
  );
}

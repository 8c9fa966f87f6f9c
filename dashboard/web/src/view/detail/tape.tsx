import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Trade } from "tickertape-client";
import type { Services } from "../services.ts";

const rowsShown = 40;

/** Trades that are not shown, before the trade with that number. */
interface Gap {
  readonly skipped: number;
  readonly number: number;
}

/** The newest trades, newest first. They stand still while the pointer or the focus is on them. */
export function Tape({ services, symbol }: { readonly services: Services; readonly symbol: string }) {
  const { client, market, shown: rows } = services;
  const shown = useSignal<readonly (Trade | Gap)[]>([]);
  const held = useRef(false);
  const release = useRef<() => void>(() => {});
  const waiting = useSignal(0);
  const format = services.format.value;
  const { decimals, zone } = market.row(symbol);

  useEffect(() => {
    const ask = { trades: [symbol] };
    let gaps: Gap[] = [];
    const show = rows.paced(() => {
      if (held.current) {
        waiting.value++;
        return;
      }
      waiting.value = 0;
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
        gaps.push({ skipped: change.skipped, number: next });
      show();
    });
    client.subscribe(ask);
    show();
    return () => {
      stop();
      client.unsubscribe(ask);
      shown.value = [];
    };
  }, [client, rows, symbol, shown, waiting]);

  const hold = (on: boolean) => {
    held.current = on;
    if (!on && waiting.value > 0) release.current();
  };
  return (
    <section class="tape" aria-label="Time and sales">
      <h3>
        Time and sales
        {waiting.value > 0 && <span class="still">standing still</span>}
      </h3>
      <section
        class="trades"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
        tabIndex={0}
        aria-label="Trades, newest first"
        onPointerEnter={(event) => event.pointerType === "mouse" && hold(true)}
        onPointerLeave={() => hold(false)}
        onFocus={() => hold(true)}
        onBlur={() => hold(false)}
      >
        {shown.value.length === 0 ? (
          <p class="vacant">No trades yet.</p>
        ) : (
          <table>
            <thead class="visually-hidden">
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Price</th>
                <th scope="col">Size</th>
                <th scope="col">Conditions</th>
              </tr>
            </thead>
            <tbody>
              {shown.value.map((trade) =>
                "skipped" in trade ? (
                  <tr key={`gap ${trade.number}`} class="gap">
                    <td colSpan={4}>{format.count(trade.skipped)} not shown</td>
                  </tr>
                ) : (
                  <tr
                    key={trade.number}
                    data-direction={trade.direction === 0 ? null : trade.direction > 0 ? "up" : "down"}
                    data-status={trade.status || null}
                  >
                    <td class="when">{format.clock(trade.time, zone)}</td>
                    <td class="price">{format.price(trade.price, decimals)}</td>
                    <td class="size">{trade.size === undefined ? "" : format.count(trade.size)}</td>
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

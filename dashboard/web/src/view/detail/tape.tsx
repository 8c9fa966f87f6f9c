import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Trade } from "tickertape-client";
import { onceAFrame } from "../frame.ts";
import type { Services } from "../services.ts";

const rowsShown = 40;

type Line = Trade | { readonly skipped: number; readonly number: number };

/** Time and sales: the newest on top; it stands still while the pointer is over it. */
export function Tape({ services, symbol }: { readonly services: Services; readonly symbol: string }) {
  const { client, market } = services;
  const lines = useSignal<readonly Line[]>([]);
  const held = useRef(false);
  const release = useRef<() => void>(() => {});
  const waiting = useSignal(0);
  const format = services.format.value;
  const { decimals, zone } = market.row(symbol);

  useEffect(() => {
    const ask = { trades: [symbol] };
    // Where trades were left out, by the number of the next.
    let gaps: { readonly skipped: number; readonly number: number }[] = [];
    const show = onceAFrame(() => {
      if (held.current) {
        waiting.value++;
        return;
      }
      waiting.value = 0;
      const trades: Line[] = client.trades(symbol).slice(-rowsShown);
      const first = trades[0]?.number ?? 0;
      gaps = gaps.filter(({ number }) => number >= first);
      for (const gap of gaps) {
        const at = trades.findIndex((trade) => trade.number >= gap.number);
        if (at >= 0) trades.splice(at, 0, gap);
      }
      lines.value = trades.slice(-rowsShown).reverse();
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
      lines.value = [];
    };
  }, [client, symbol, lines, waiting]);

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
        class="lines"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
        tabIndex={0}
        aria-label="Trades, newest first"
        onPointerEnter={(event) => event.pointerType === "mouse" && hold(true)}
        onPointerLeave={() => hold(false)}
        onFocus={() => hold(true)}
        onBlur={() => hold(false)}
      >
        {lines.value.length === 0 ? (
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
              {lines.value.map((line) =>
                "skipped" in line ? (
                  <tr key={`gap ${line.number}`} class="gap">
                    <td colSpan={4}>{format.count(line.skipped)} not shown</td>
                  </tr>
                ) : (
                  <tr
                    key={line.number}
                    data-direction={line.direction === 0 ? null : line.direction > 0 ? "up" : "down"}
                    data-status={line.status || null}
                  >
                    <td class="when">{format.clock(line.time, zone)}</td>
                    <td class="price">{format.price(line.price, decimals)}</td>
                    <td class="size">{line.size === undefined ? "" : format.count(line.size)}</td>
                    <td class="conditions" title={line.conditions.join(", ")}>
                      {[line.status, line.extended ? "ext" : "", ...line.conditions]
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

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { age } from "../format.ts";
import { onlyReplayed } from "../model/feed.ts";
import { useLater } from "./later.ts";
import type { Services } from "./services.ts";
import { transportNames } from "./transports.ts";

/** Whether prices are live, in a few words. A click shows more about the connection and the feed. */
export function Badge({ services }: { readonly services: Services }) {
  const { market, format } = services;
  const root = useRef<HTMLDivElement>(null);
  const open = useSignal(false);
  const close = () => {
    open.value = false;
  };
  const panel = useLater(
    () => import("./panel.tsx"),
    open.value,
    () => {
      close();
      services.notes.say("The panel could not be loaded. Open it again when the server answers.");
    },
  );
  const { badge, tone, live } = market.liveness.value;
  const { transport, phase } = market.state.value;
  const { newest, played, rate, latency } = market.connectionStats.value;
  const replay = onlyReplayed(market.feed.value);

  useEffect(() => {
    if (!open.value) return;
    const outside = (event: Event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) close();
    };
    document.addEventListener("pointerdown", outside, true);
    return () => document.removeEventListener("pointerdown", outside, true);
  }, [open.value, open]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes what the button in it has opened
    <div
      class="status-box"
      ref={root}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open.value) return;
        event.preventDefault();
        close();
        root.current?.querySelector("button")?.focus();
      }}
    >
      <button
        type="button"
        class="badge"
        data-tone={tone}
        data-transport={transport}
        aria-expanded={open.value}
        title="Connection and feed"
        onClick={() => {
          open.value = !open.value;
        }}
      >
        <span class="state">
          <span class="dot" />
          <span>{badge}</span>
        </span>
        <span class="fact transport">
          {phase === "open" || phase === "connecting" ? transportNames[transport] : "No connection"}
        </span>
        {latency !== null && (
          <span class="fact latency" title="Round trip to the server">
            <b>{format.value.count(latency)}</b> ms
          </span>
        )}
        {newest !== null && !replay && (
          <span class="fact newest" title="Age of the newest tick">
            <span class="long">newest tick </span>
            <b>{age(newest)}</b>
          </span>
        )}
        {played !== null && replay && (
          <span class="fact newest played" title="How far the recording has been played">
            <span class="long">recorded </span>
            <b>{format.value.date(played, "")}</b>
          </span>
        )}
        {live && (
          <span class="fact rate" title="Updates received a second">
            <b>{format.value.count(rate)}</b>/s
          </span>
        )}
      </button>
      {open.value && panel && <panel.Panel services={services} close={close} />}
    </div>
  );
}

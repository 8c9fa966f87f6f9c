import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { SourceState, TransportName } from "tickertape-client";
import { age } from "../format.ts";
import { onlyReplayed } from "../model/feed.ts";
import { factsText, statusText } from "../model/liveness.ts";
import { Backdrop } from "./menu.tsx";
import type { Services } from "./services.ts";

const transportNames: Readonly<Record<TransportName, string>> = {
  websocket: "WebSocket",
  sse: "SSE",
  poll: "Long polling",
};

const phases = {
  idle: "Disconnected",
  connecting: "Connecting",
  open: "Connected",
  waiting: "Waiting to reconnect",
  resting: "Paused, disconnected",
  offline: "Offline",
  stopped: "Refused by the server",
} as const;

const roles = {
  alone: "This tab’s own connection",
  leader: "This tab’s connection, shared with other tabs",
  follower: "The connection of another tab",
} as const;

/** Whether prices are live, in a few words. A click shows more about the connection and the feed. */
export function Badge({ services }: { readonly services: Services }) {
  const { market, format } = services;
  const root = useRef<HTMLDivElement>(null);
  const open = useSignal(false);
  const { badge, tone, live } = market.liveness.value;
  const { transport, phase } = market.state.value;
  const { newest, played, rate, latency } = market.connectionStats.value;
  const replay = onlyReplayed(market.feed.value);

  useEffect(() => {
    if (!open.value) return;
    const outside = (event: Event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) open.value = false;
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
        open.value = false;
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
      {open.value && (
        <Backdrop
          close={() => {
            open.value = false;
          }}
        />
      )}
      {open.value && <Details services={services} />}
    </div>
  );
}

function Details({ services }: { readonly services: Services }) {
  const { market, settings, client, format } = services;
  const state = market.state.value;
  const { newest, played, rate, latency, now } = market.connectionStats.value;
  const { sources, listed } = market.feed.value;
  const asked = settings.value.value.rate;
  const rows: readonly (readonly [string, string])[] = [
    ["Connection", phases[state.phase]],
    ["Transport", transportNames[state.transport]],
    ["Tabs", roles[state.role]],
    ["Round trip", latency === null ? "not known" : `${format.value.count(latency)} ms`],
    ["Updates", `${format.value.count(rate)} a second`],
    ["Requested", asked === "each" ? "every update" : `${asked} a second at most`],
    [
      onlyReplayed(market.feed.value) ? "Last update" : "Newest tick",
      newest === null ? "none yet" : `${age(newest)} ago`,
    ],
    ...(played === null ? [] : ([["Recording is at", format.value.moment(played, "")]] as const)),
    ["Position", client.position ?? "none"],
  ];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls where it is taller than the window
    <section class="popup panel" data-end="true" aria-label="Connection and feed" tabIndex={0}>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h2>{sources.length === 1 ? "Source" : "Sources"}</h2>
      <Sources sources={listed} now={now} />
    </section>
  );
}

/** How each source is, and those behind a relay. What a relay says of itself then is how those are. */
function Sources({ sources, now }: { readonly sources: readonly SourceState[]; readonly now: number }) {
  return (
    <ul>
      {sources.map((one, index) => (
        <li key={`${one.source} ${index}`} data-status={one.status} data-quiet={one.quiet ? "" : undefined}>
          <b>{one.source || "unnamed"}</b> {one.sources.length > 0 ? "" : factsText(one)} {statusText(one, now)}
          {one.sources.length > 0 ? ", from:" : one.message === "" ? "." : `: ${one.message}`}
          {one.sources.length > 0 && <Sources sources={one.sources} now={now} />}
        </li>
      ))}
    </ul>
  );
}

import type { SourceState } from "tickertape-client";
import { age } from "../format.ts";
import { onlyReplayed } from "../model/feed.ts";
import { factsText, statusText } from "../model/liveness.ts";
import { Backdrop } from "./backdrop.tsx";
import type { Services } from "./services.ts";
import { transportNames } from "./transports.ts";

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

/** All about the connection and the feed. */
export function Panel({ services, close }: { readonly services: Services; readonly close: () => void }) {
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
    <>
      <Backdrop close={close} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls where it is taller than the window */}
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
    </>
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

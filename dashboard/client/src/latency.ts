/**
 * latency is an entry of its own, `tickertape-client/latency`: how long a round trip to the server takes. It uses the
 * public part of a client alone.
 */

import type { Client } from "./client.ts";
import type { ClientState } from "./state.ts";

const every = 10_000;
const samples = 5;

/** The measurement of a client. */
export interface Latency {
  /** The median of the last five round trips, in ms; null before the first. */
  readonly value: number | null;
  /** Ends the measurement. */
  close(): void;
}

/**
 * Measures round trips every ten seconds, while the client is synced and not paused and has a WebSocket. `now` is in ms,
 * from any moment on.
 */
export function measureLatency(
  client: Pick<Client, "on" | "send" | "state">,
  now: () => number = () => performance.now(),
): Latency {
  const recent: number[] = [];
  let running = false;
  let id = 0;
  let at = 0;
  const ping = () => {
    if (!running) return;
    id = Math.random(); // tabs that share a connection get each other's answers
    at = now();
    client.send({ type: "ping", id });
  };
  const look = ({ phase, synced, paused }: ClientState) => {
    if (phase !== "open") recent.length = 0;
    const before = running;
    running = synced && !paused;
    if (!before) ping();
  };
  const timer = setInterval(ping, every);
  const stops = [
    client.on("state", look),
    client.on("pong", (message) => {
      if (message.id !== id) return;
      recent.push(now() - at);
      if (recent.length > samples) recent.shift();
    }),
  ];
  look(client.state);
  return {
    get value() {
      return recent.toSorted((a, b) => a - b)[recent.length >> 1] ?? null;
    },
    close() {
      clearInterval(timer);
      for (const stop of stops) stop();
    },
  };
}

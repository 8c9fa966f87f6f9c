import type { Client } from "./client.ts";
import type { ClientState } from "./state.ts";

const every = 10_000;
const samples = 5;

/** How long a round trip to the server takes, as long as somebody wants to know. */
export interface Latency {
  /** The median of the last few, in milliseconds; null while nobody knows. */
  readonly value: number | null;
  /** Measures no more. */
  close(): void;
}

/** Measures the round trips of a client, while it is open and not paused and there is a WebSocket. */
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
    id = Math.random(); // tabs that share a connection hear each other's answers
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

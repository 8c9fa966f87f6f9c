import type { Connection } from "./connection.ts";

const every = 10_000;
const samples = 5;

/** Measures the round trips of a connection while somebody wants to know: the median of the last few is its latency. */
export function measureLatency(connection: Connection, now: () => number): void {
  const recent: number[] = [];
  let sent = { id: 0, at: 0 };
  let timer: ReturnType<typeof setInterval> | undefined;
  const ping = () => {
    if (!connection.wanted.curious || connection.state.paused) return;
    const at = now();
    sent = { id: connection.ping() ?? 0, at };
  };
  const start = () => {
    clearInterval(timer);
    timer = setInterval(ping, every);
    ping();
  };
  connection.on("message", (message) => {
    if (message.type !== "pong" || message.id !== sent.id) return;
    recent.push(now() - sent.at);
    if (recent.length > samples) recent.shift();
    connection.latency = recent.toSorted((a, b) => a - b)[recent.length >> 1] ?? null;
  });
  connection.on("state", ({ phase }) => {
    if (phase === "open") return;
    clearInterval(timer);
    recent.length = 0;
    connection.latency = null;
  });
  connection.on("synced", start);
  if (connection.state.synced) start();
}

import type { Connection } from "./connection.ts";

const every = 10_000;
const samples = 5;

/** Measures round trips while somebody wants to know. */
export function createPinger(connection: Connection, now: () => number) {
  const sent = new Map<number, number>();
  const recent: number[] = [];
  let timer: ReturnType<typeof setInterval> | undefined;
  const ping = () => {
    if (connection.state.phase !== "open" || connection.state.paused) return;
    const id = connection.ping();
    sent.clear(); // one that has not been answered in all this time has no round trip
    if (id !== null) sent.set(id, now());
  };
  connection.on("pong", ({ id }) => {
    const at = id === undefined ? undefined : sent.get(id);
    if (at === undefined) return;
    recent.push(now() - at);
    if (recent.length > samples) recent.shift();
  });
  connection.on("state", ({ phase }) => {
    if (phase !== "open") recent.length = 0;
  });
  connection.on("synced", () => {
    if (timer !== undefined) ping();
  });
  return {
    run(wanted: boolean): void {
      if (wanted === (timer !== undefined)) return;
      clearInterval(timer);
      timer = wanted ? setInterval(ping, every) : undefined;
      if (wanted) ping();
    },
    /** The median of the last few, in milliseconds; null when there is none. */
    latency: (): number | null => recent.toSorted((a, b) => a - b)[recent.length >> 1] ?? null,
  };
}

export type Pinger = ReturnType<typeof createPinger>;

export type Now = () => number;

/**
 * The server's clock as seen from here. Every message tells the server's time at the send; the
 * smallest difference to ours belongs to the message that travelled fastest and is the best guess.
 * Two windows are kept, so that a clock set right in the meantime is believed within ten minutes.
 */
export function createServerClock(now: Now = Date.now, window = 300_000) {
  let current = Number.POSITIVE_INFINITY;
  let previous = Number.POSITIVE_INFINITY;
  let started = now();

  return {
    /** Takes in the `time` of a message that has just arrived, in microseconds. */
    observe(serverMicros: number): void {
      const local = now();
      if (local - started >= window) {
        previous = current;
        current = Number.POSITIVE_INFINITY;
        started = local;
      }
      current = Math.min(current, local - serverMicros / 1000);
    },
    /** The server's time in ms since the Unix epoch; ours until a message has come. */
    now(): number {
      const offset = Math.min(current, previous);
      return Number.isFinite(offset) ? now() - offset : now();
    },
    /** How old something of that server time is, in ms. Never negative. */
    age(micros: number): number {
      return Math.max(0, this.now() - micros / 1000);
    },
  };
}

export type ServerClock = ReturnType<typeof createServerClock>;

/** Counts events a second over a sliding window of whole-second buckets. */
export function createMeter(now: Now = Date.now, seconds = 4) {
  const buckets = new Map<number, number>();
  const first = Math.floor(now() / 1000);
  return {
    add(count: number): void {
      const second = Math.floor(now() / 1000);
      buckets.set(second, (buckets.get(second) ?? 0) + count);
      for (const key of buckets.keys()) if (key < second - seconds) buckets.delete(key);
    },
    /** Events a second over the last full seconds. */
    rate(): number {
      const second = Math.floor(now() / 1000);
      const span = Math.max(1, Math.min(seconds, second - first));
      let sum = 0;
      for (let s = second - span; s < second; s++) sum += buckets.get(s) ?? 0;
      return sum / span;
    },
  };
}

export type Meter = ReturnType<typeof createMeter>;

export type Now = () => number;

const window = 300_000;

/**
 * The server's clock as seen from here. Every message tells the server's time at the send; the
 * smallest difference to ours belongs to the message that travelled fastest and is the best guess.
 * Two windows are kept, so that a clock set right in the meantime is believed within ten minutes.
 */
export function createServerClock(now: Now) {
  let current = Number.POSITIVE_INFINITY;
  let previous = current;
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
    /** Our clock has jumped: what it was compared with says nothing any more. */
    reset(): void {
      current = Number.POSITIVE_INFINITY;
      previous = current;
      started = now();
    },
    /** The server's time in ms since the Unix epoch; ours until a message has come. */
    now(): number {
      const offset = Math.min(current, previous);
      return now() - (offset < Number.POSITIVE_INFINITY ? offset : 0);
    },
  };
}

export type ServerClock = ReturnType<typeof createServerClock>;

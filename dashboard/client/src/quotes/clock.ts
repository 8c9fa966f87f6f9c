/** The time in ms since the Unix epoch. */
export type Now = () => number;

const window = 300_000; // ms

/**
 * An estimate of the server's clock. Messages carry the server's time when they were sent. The smallest difference to
 * our time is of the message that travelled fastest, so it is the best estimate. Differences are kept for two windows of
 * five minutes, so that a clock which is set meanwhile counts after ten minutes at most.
 */
export function createServerClock(now: Now) {
  let current: number; // the smallest difference of this window, in ms
  let previous: number; // of the window before
  let started: number;

  /** Our clock has jumped: the differences hold no longer. */
  const reset = (): void => {
    current = Number.POSITIVE_INFINITY;
    previous = current;
    started = now();
  };
  reset();

  return {
    /** Takes in the `time` of a message that has just arrived, in microseconds. */
    observe(serverMicros: number): void {
      const local = now();
      if (local - started >= window) {
        const ended = current;
        reset();
        previous = ended;
      }
      current = Math.min(current, local - serverMicros / 1000);
    },
    reset,
    /** The server's time in ms since the Unix epoch; ours until a message has come. */
    now(): number {
      const offset = Math.min(current, previous);
      return now() - (offset < Number.POSITIVE_INFINITY ? offset : 0);
    },
  };
}

/** The clock of a server. */
export type ServerClock = ReturnType<typeof createServerClock>;

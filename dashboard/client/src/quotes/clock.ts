/** The time in ms since the Unix epoch. */
export type Now = () => number;

const window = 300_000;

/**
 * The server's clock as seen from here. Every message tells the server's time at the send; the
 * smallest difference to ours belongs to the message that travelled fastest and is the best guess.
 * Two windows are kept, so that a clock set right in the meantime is believed within ten minutes.
 */
export function createServerClock(now: Now) {
  let current: number; // the smallest difference of this window, in ms
  let previous: number; // of the window before
  let started: number;

  /** Our clock has jumped: what it was compared with says nothing any more. */
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

export interface BackoffOptions {
  readonly base?: number;
  readonly cap?: number;
  /** How long a connection must have been healthy before its troubles are forgotten, in ms. */
  readonly healthy?: number;
  readonly random?: () => number;
}

/**
 * Delays with full jitter: uniform in [0, min(cap, base × 2^n)], so that thousands of pages which
 * lost the same server do not come back in the same second. `n` starts over only after a
 * connection stayed healthy for a while: a server that accepts and drops must not be hammered.
 */
export function createBackoff(options: BackoffOptions = {}) {
  const { base = 500, cap = 30_000, healthy = 10_000, random = Math.random } = options;
  let failures = 0;
  return {
    /** The next delay in ms. `uptime` is how long the connection that just ended was of use. */
    next(uptime = 0): number {
      if (uptime >= healthy) failures = 0;
      const ceiling = Math.min(cap, base * 2 ** Math.min(failures, 30));
      failures++;
      return random() * ceiling;
    },
    reset(): void {
      failures = 0;
    },
    get failures(): number {
      return failures;
    },
  };
}

export type Backoff = ReturnType<typeof createBackoff>;

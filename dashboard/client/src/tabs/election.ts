/** What an election calls. */
export interface Candidate {
  /** This tab holds its own lock, so that nobody takes it for gone. */
  readonly present: () => void;
  /** This tab leads. */
  readonly lead: () => void;
  /** Another tab has taken the lead away, since this one was frozen. */
  readonly deposed: () => void;
}

/**
 * The election of the leader among the tabs of a browser: it is the tab that holds the lock `name`. Each tab has a lock
 * of its own as well, `name/self`, which is free when the tab is gone.
 */
export function createElection(
  locks: Pick<LockManager, "request">,
  name: string,
  self: string,
  { present, lead, deposed }: Candidate,
) {
  let life: AbortController | null = null; // from start to stop

  const aborted = (signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));

  return {
    start(): void {
      life = new AbortController();
      const { signal } = life;
      locks
        .request(`${name}/${self}`, { signal }, () => {
          present();
          return aborted(signal);
        })
        .catch(() => {});
    },

    /** Waits for the lock or, with `steal`, takes it from a leader that is frozen. */
    compete(steal: boolean): void {
      if (!life) return;
      const { signal } = life;
      let led = false;
      locks
        .request(name, steal ? { steal } : { signal }, () => {
          if (signal.aborted) return;
          led = true;
          lead();
          return aborted(signal);
        })
        .catch(() => {
          if (led && !signal.aborted) deposed();
        });
    },

    /** Calls `gone` when another tab is gone, for whatever reason: its own lock is free then. */
    watch(tab: string, signal: AbortSignal, gone: () => void): void {
      locks.request(`${name}/${tab}`, { signal }, gone).catch(() => {});
    },

    /** Gives the locks back. */
    stop(): void {
      life?.abort();
      life = null;
    },
  };
}

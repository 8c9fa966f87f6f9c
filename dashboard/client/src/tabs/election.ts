/** What an election calls. */
export interface Candidate {
  /** This tab holds its own lock, so that nobody takes it for gone. */
  readonly present: () => void;
  /** This tab leads. */
  readonly lead: () => void;
  /** Another tab has taken the lead away. */
  readonly deposed: () => void;
}

/**
 * The election of the leader among the tabs of a browser: it is the tab that holds the lock `name`. Each tab has a lock
 * of its own as well, `name/self`, which is free when the tab is gone. A tab that comes back must have another `self`:
 * who has watched for its end may hold the lock of the old one.
 */
export function createElection(
  locks: Pick<LockManager, "request">,
  name: string,
  self: string,
  { present, lead, deposed }: Candidate,
) {
  const life = new AbortController();
  let request = life; // the newest one for the lead; each ends the one before

  const aborted = (signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));

  /** Waits for the lock or, with `steal`, takes it from whoever has it. */
  const compete = (steal: boolean) => {
    if (life.signal.aborted) return;
    if (request !== life) request.abort();
    const mine = new AbortController();
    const { signal } = mine;
    request = mine;
    let led = false;
    locks
      .request(name, steal ? { steal } : { signal }, () => {
        if (signal.aborted) return;
        led = true;
        lead();
        return aborted(signal);
      })
      .catch((error: DOMException) => {
        if (signal.aborted) return;
        if (error.name !== "AbortError") return lead(); // the browser gives this page no locks, so it is alone
        compete(false); // another tab has stolen the lock
        if (led) deposed();
      });
  };

  locks
    .request(`${name}/${self}`, { signal: life.signal }, () => {
      if (life.signal.aborted) return;
      present();
      return aborted(life.signal);
    })
    .catch(() => {});
  compete(false);

  return {
    /** Takes the lead away from a tab that is frozen, or that nobody looks at. */
    steal: () => compete(true),

    /** Calls `gone` when another tab is gone, for whatever reason: its own lock is free then. */
    watch(tab: string, signal: AbortSignal, gone: () => void): void {
      // Shared: a tab that is frozen may wait for it as well, and would keep it.
      locks.request(`${name}/${tab}`, { mode: "shared", signal }, gone).catch(() => {});
    },

    /** Gives the locks back, for good. */
    stop(): void {
      request.abort();
      life.abort();
    },
  };
}

/** The election as one tab takes part in it. */
export type Election = ReturnType<typeof createElection>;

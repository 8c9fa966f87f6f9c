const hiddenFor = 10_000; // ms until a tab that is looked at takes over from one that is not: its timers are slowed down
const syncedWithin = 1000; // ms for a leader that is hidden and not synced

/** What a take-over calls. */
export interface TakeOverOptions {
  readonly now: () => number;
  /** Opens this tab's own connection, and takes the lead when everything has come over it. */
  readonly prepare: () => void;
  /** Gives up what was prepared, if anything was. */
  readonly abandon: () => void;
  /** Takes the lead at once. */
  readonly takeOver: () => void;
}

/**
 * Plans to take over from a leader that nobody looks at, for a tab that is looked at. As long as the leader is synced,
 * this tab gets ready before, so that its prices never stop.
 */
export function createTakeOver({ now, prepare, abandon, takeOver }: TakeOverOptions) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let planned = ""; // why

  return {
    /** Since when nobody looks at the leader; null where that is nothing to this tab. To be called at each change. */
    plan(hidden: number | null, synced: boolean): void {
      const reason = hidden === null ? "" : `${hidden} ${synced}`;
      if (reason === planned) return;
      planned = reason;
      clearTimeout(timer);
      if (hidden === null || !synced) abandon();
      if (hidden === null) return;
      const wait = synced ? Math.max(0, hidden + hiddenFor - now()) : syncedWithin;
      timer = setTimeout(synced ? prepare : takeOver, wait);
    },
    /** This tab leads, or takes part no more. */
    stop(): void {
      clearTimeout(timer);
      planned = "";
    },
  };
}

const idleAfter = 60_000; // ms that a tab may be hidden: many come back before

/** Notices that a tab has been hidden for long, and calls `changed` then. */
export function createIdle(changed: () => void) {
  let idle = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  return {
    /** Whether it has. */
    is: (): boolean => idle,
    /** The tab was hidden, or is looked at. */
    setHidden(hidden: boolean): void {
      clearTimeout(timer);
      idle = false;
      if (!hidden) return;
      timer = setTimeout(() => {
        idle = true;
        changed();
      }, idleAfter);
    },
  };
}

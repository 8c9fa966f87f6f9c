/** Calls a function in the next frame, as requestAnimationFrame does. */
export type Schedule = (paint: () => void) => unknown;

/** What has to be arranged anew. rows: which rows are in the window. layout: also how high rows are. */
export type Level = "rows" | "layout";

/** Collects what has to be arranged. */
export interface Invalidation {
  /** Arranges the level in the next frame. */
  invalidate(level: Level): void;
  /** Arranges at once what waits for the next frame. */
  flush(): void;
}

/**
 * Collects what has to be arranged, and calls `arrange` once in the next frame. What is collected during `arrange` is
 * for the frame after.
 */
export function createInvalidation(arrange: (level: Level) => void, schedule: Schedule): Invalidation {
  let pending: Level | null = null;
  let scheduled = false;

  const flush = () => {
    if (pending === null) return;
    const level = pending;
    pending = null;
    arrange(level);
  };
  return {
    invalidate(level) {
      if (pending !== "layout") pending = level;
      if (scheduled) return;
      scheduled = true;
      schedule(() => {
        scheduled = false;
        flush();
      });
    },
    flush,
  };
}

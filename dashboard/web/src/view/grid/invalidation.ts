/** Calls a function in the next frame, as requestAnimationFrame does. */
export type Schedule = (paint: () => void) => unknown;

/**
 * How much of the grid has to be drawn. cells: the cells of some rows. rows: also which rows are in the window. layout:
 * also how high rows are. Each level includes those before it.
 */
export type Level = "cells" | "rows" | "layout";

const levels: readonly Level[] = ["cells", "rows", "layout"];

/** Whether drawing the first level draws the other one, too. */
export const includes = (level: Level, other: Level): boolean => levels.indexOf(level) >= levels.indexOf(other);

/** Collects what has to be drawn. */
export interface Invalidation {
  /** Draws the cells of this symbol's row in the next frame. */
  mark(symbol: string): void;
  /** Draws the level in the next frame. */
  invalidate(level: Level): void;
  /** Draws at once what waits for the next frame. */
  flush(): void;
}

/**
 * Collects what has to be drawn, and calls `draw` once in the next frame: the page is drawn once a frame, not once a
 * price. What is collected during `draw` is for the frame after.
 */
export function createInvalidation(
  draw: (level: Level, symbols: ReadonlySet<string>) => void,
  schedule: Schedule,
): Invalidation {
  let pending: Level | null = null;
  let symbols = new Set<string>();
  let scheduled = false;

  const flush = () => {
    if (pending === null) return;
    const [level, marked] = [pending, symbols];
    pending = null;
    symbols = new Set();
    draw(level, marked);
  };
  const invalidate = (level: Level) => {
    if (pending === null || includes(level, pending)) pending = level;
    if (scheduled) return;
    scheduled = true;
    schedule(() => {
      scheduled = false;
      flush();
    });
  };
  return {
    mark(symbol) {
      symbols.add(symbol);
      invalidate("cells");
    },
    invalidate,
    flush,
  };
}

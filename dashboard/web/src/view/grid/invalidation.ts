export type Schedule = (paint: () => void) => unknown;

/**
 * How much of the grid must be done anew. cells: what some rows show. rows: which rows are in the window, too. layout: how
 * high they are and which columns they have, too. Each level includes those before it.
 */
export type Level = "cells" | "rows" | "layout";

const levels: readonly Level[] = ["cells", "rows", "layout"];

/** Whether what is to be done includes a level. */
export const includes = (level: Level, other: Level): boolean => levels.indexOf(level) >= levels.indexOf(other);

export interface Invalidation {
  /** The cells of a symbol's row are out of date. */
  mark(symbol: string): void;
  invalidate(level: Level): void;
  /** Draws now what would wait for the next frame. */
  flush(): void;
}

/**
 * Collects what is out of date, and draws it once in the next frame: the page repaints at the display's pace, not at the
 * market's. What becomes out of date while it draws belongs to the frame after.
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

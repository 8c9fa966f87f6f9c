import { type Layout, tracks } from "../../columns/layout.ts";
import { type ColumnId, columnOf, columns as registry } from "../../columns/registry.ts";
import type { Cell } from "./cells.ts";
import { mark } from "./dom.ts";
import type { Slot } from "./slot.ts";

const remove = "var(--remove)"; // the width of the last column
const smallCharacter = 0.47; // rem: of a digit of the day's range

/**
 * The widths of the columns, as custom properties of the root. A column grows if it must show more characters than fit.
 * It does not shrink again while the list is the same, since columns that move are hard to read.
 */
export function createWidths(root: HTMLElement, initial: Layout) {
  let layout = initial;
  const extra = new Map<ColumnId, number>(); // characters beyond what fits

  const apply = () => {
    const { template, least } = tracks(layout, extra);
    const rangeEnd = ((registry.range.fits ?? 0) + (extra.get("range") ?? 0)) * smallCharacter;
    root.style.setProperty("--columns", `${template} ${remove}`);
    root.style.setProperty("--row-width", `calc(${least}rem + ${remove})`);
    root.style.setProperty("--range-end", `${rangeEnd}rem`);
  };

  const widen = (id: ColumnId, { characters }: Cell): boolean => {
    const { fits } = columnOf(id);
    if (fits === undefined || !characters) return false;
    const more = characters() - fits;
    if (more <= (extra.get(id) ?? 0)) return false;
    extra.set(id, more);
    return true;
  };

  const widenAll = (columns: readonly ColumnId[], cells: readonly Cell[]): boolean => {
    let wider = false;
    for (const [index, cell] of cells.entries()) wider = widen(columns[index] ?? "symbol", cell) || wider;
    return wider;
  };

  apply();
  return {
    setLayout(next: Layout): void {
      layout = next;
      apply();
    },

    /** Widens columns whose cells show more than fits. The cells are those of one row, in the order of the columns. */
    fit(columns: readonly ColumnId[], cells: readonly Cell[]): void {
      if (widenAll(columns, cells)) apply();
    },

    /** Gives columns the widths that these rows need, since they are of another list, or written in another way now. */
    refit(columns: readonly ColumnId[], rows: Iterable<Pick<Slot, "cells">>): void {
      extra.clear();
      for (const { cells } of rows) widenAll(columns, cells);
      apply();
    },

    /**
     * Marks on the root whether columns are out of sight. It reads the layout of the page: call it before rows move.
     */
    hint(): void {
      const { scrollLeft, scrollWidth, clientWidth } = root;
      const more = scrollWidth - clientWidth;
      mark(root, "wide", more > 1 ? "" : null);
      mark(root, "more", more - scrollLeft > 1 ? "" : null);
    },
  };
}

/** The widths of the columns. */
export type Widths = ReturnType<typeof createWidths>;

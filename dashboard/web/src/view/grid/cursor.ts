import { mark } from "./dom.ts";
import type { Head } from "./head.ts";
import type { RowWindow } from "./window.ts";

/** The row number of the header. */
export const headRow = -1;

/** What the cursor moves over. */
export interface CursorOptions {
  readonly root: HTMLElement;
  readonly head: Head;
  readonly rows: RowWindow;
  /** How many columns there are, without the one of the buttons that remove a row. */
  readonly columnCount: () => number;
  /** Called after the window was scrolled, to arrange the rows at once. */
  readonly scrolled: () => void;
}

/**
 * The active cell. The grid itself has the focus, as one tab stop, and names the cell in aria-activedescendant. So the
 * focus is not lost when the row of the cell scrolls away and leaves the document.
 */
export function createCursor({ root, head, rows, columnCount, scrolled }: CursorOptions) {
  let row = headRow;
  let column = 0; // columnCount() is the button that removes the row
  let symbol: string | null = null;
  let shown: HTMLElement | null = null;

  const find = (at = column): HTMLElement | null | undefined => {
    if (row === headRow) return head.cells[at];
    const slot = symbol === null ? undefined : rows.slots.get(symbol);
    return at < columnCount() ? slot?.cells[at]?.element : slot?.remove.parentElement;
  };

  /** The column, or the next one in this direction, or else in the other, whose cell is shown: cards show only some. */
  const shownFrom = (from: number, by: 1 | -1): number => {
    for (const step of [by, -by]) {
      for (let at = from; at >= 0 && at <= columnCount(); at += step) {
        const cell = find(at);
        if (cell && getComputedStyle(cell).display !== "none") return at;
      }
    }
    return from;
  };

  /** Marks the active cell, if the focus is to be seen. */
  const show = () => {
    const cell = find();
    if (cell) root.setAttribute("aria-activedescendant", cell.id);
    else root.removeAttribute("aria-activedescendant");
    const next = root.matches(":focus-visible") ? (cell ?? null) : null;
    if (next === shown) return;
    if (shown) {
      mark(shown, "active", null);
      if (shown.parentElement) mark(shown.parentElement, "activerow", null);
    }
    if (next) {
      mark(next, "active", "");
      if (row !== headRow && next.parentElement) mark(next.parentElement, "activerow", "");
    }
    shown = next;
  };

  return {
    get row(): number {
      return row;
    },
    get column(): number {
      return column;
    },
    /** Null on the header. */
    get symbol(): string | null {
      return symbol;
    },

    show,

    /** Makes the cell active, or the nearest one there is, and scrolls it into sight. */
    place(toRow: number, toColumn: number): void {
      row = Math.max(headRow, Math.min(rows.order.length - 1, toRow));
      symbol = row === headRow ? null : (rows.order[row] ?? null);
      if (row !== headRow) {
        rows.reveal(row, head.row.offsetHeight);
        scrolled();
      }
      column = shownFrom(Math.max(0, Math.min(columnCount(), toColumn)), toColumn < column ? -1 : 1);
      show();
      shown?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    },

    /** Makes a cell active that has been clicked. */
    point(index: number, of: string, at: number): void {
      [row, symbol, column] = [index, of, Math.max(0, at)];
      show();
    },

    /** Makes the row of a symbol active, if there is one, where it stands. */
    goTo(next: string | null): void {
      const index = next === null ? undefined : rows.indexOf(next);
      if (index === undefined || next === symbol) return;
      [row, symbol] = [index, next];
      show();
    },

    /** Stays with the symbol, or at its place if the symbol is gone. Call it after the rows have changed. */
    follow(): void {
      if (symbol === null) return;
      const index = rows.indexOf(symbol);
      if (index !== undefined) row = index;
      else {
        row = Math.min(row, rows.order.length - 1);
        symbol = rows.order[row] ?? null;
      }
    },

    /** Leaves a cell that is no longer shown, since the rows have become cards. */
    settle(): void {
      column = shownFrom(column, -1);
      show();
    },

    /** Goes to another column of the same row. */
    setColumn(next: number): void {
      column = Math.min(next, columnCount());
    },
  };
}

/** The active cell. */
export type Cursor = ReturnType<typeof createCursor>;

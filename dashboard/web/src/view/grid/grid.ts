/*
 * view/grid/ is the table of quotes. It writes to the document itself, without Preact, since it changes a thousand
 * cells a second. `window.ts` keeps only the rows around what is in sight, `painter.ts` writes their cells,
 * `invalidation.ts` arranges rows once a frame, `cursor.ts` and `keys.ts` are the active cell and its keys, `pointer.ts`
 * and `textselection.ts` what the mouse does, `head.ts` and `gestures.ts` the header. This file connects them.
 */
import { type Layout, moveColumn, resizeColumn, visibleColumns } from "../../columns/layout.ts";
import type { ColumnId } from "../../columns/registry.ts";
import type { Row } from "../../columns/row.ts";
import type { Format } from "../../format.ts";
import type { Sort } from "../../model/sorting.ts";
import type { Sparks } from "../../model/spark.ts";
import { createCursor, headRow } from "./cursor.ts";
import { rootFontSize } from "./dom.ts";
import { createFlashes } from "./flashes.ts";
import { createHead } from "./head.ts";
import { createInvalidation, type Schedule } from "./invalidation.ts";
import { createKeys } from "./keys.ts";
import { createPainter } from "./painter.ts";
import { followPointer } from "./pointer.ts";
import { createSlot } from "./slot.ts";
import { createTextSelection } from "./textselection.ts";
import { createWidths } from "./widths.ts";
import { createWindow, type RowWindow } from "./window.ts";

/** What the grid shows, and what its gestures and keys do. */
export interface GridOptions {
  readonly root: HTMLElement;
  /** Begins the ids of its elements. No other grid of the document has the same. */
  readonly id: string;
  readonly label: string;
  readonly row: (symbol: string) => Row;
  /** How old a row's price is, in ms. */
  readonly age: (row: Row) => number;
  readonly format: Format;
  /** Whether the page is live. */
  readonly live: () => boolean;
  readonly layout: Layout;
  readonly sparks: Pick<Sparks, "get" | "extend">;
  readonly sort: (column: ColumnId) => void;
  /** The reader has changed the layout. */
  readonly setLayout: (layout: Layout) => void;
  readonly remove: (symbol: string) => void;
  readonly open: (symbol: string) => void;
  /** The active row has become another one while the row of some symbol is open. */
  readonly pass: (symbol: string) => void;
  /** Puts a symbol in the place of another one. */
  readonly move: (symbol: string, to: string) => void;
  /** Whether changed cells flash; they do not for readers who asked for less motion. */
  readonly flashes: () => boolean;
  readonly schedule?: Schedule;
  /** In ms, of any origin. */
  readonly now?: () => number;
}

/** The table of quotes in an element. */
export interface Grid {
  /** Shows these symbols in this order. */
  setRows(order: readonly string[]): void;
  /** Marks the row of a symbol as the one that is open; null for none. */
  setOpen(symbol: string | null): void;
  /** Says on the headers which column the rows are sorted by. */
  setSort(sort: Sort): void;
  setLayout(layout: Layout): void;
  setFormat(format: Format): void;
  /** Gives columns the widths that the rows need: call it when they are those of another list. */
  refit(): void;
  /** Whether the symbol has a row in the document. */
  shows(symbol: string): boolean;
  /** Paints the rows of these symbols again, at once: call it in a frame. */
  draw(symbols: ReadonlySet<string>): void;
  /** Paints all rows again: call it when the page has become live, or is so no more. */
  repaint(): void;
  /** Paints what changes with time alone. Call it four times a second: each call does a quarter of the rows. */
  refresh(): void;
  /** Call it when the height of a row may have changed. */
  measure(): void;
  /** Whether the pointer, the active cell or a selection of text is on the rows, so that they must stay in place. */
  held(): boolean;
  readonly rows: Pick<RowWindow, "order" | "slots">;
  /** The symbol of the active row; null while the active cell is a header. */
  active(): string | null;
  close(): void;
}

/** Makes the table in the root element. Closing it empties the root. */
export function createGrid(options: GridOptions): Grid {
  const { root, id: prefix, open, remove, move, now = () => performance.now() } = options;
  let { layout, format } = options;
  let columns = visibleColumns(layout);
  let sort: Sort = null;
  let opened: string | null = null;
  let made = 0; // slots

  const flashes = createFlashes({ allowed: options.flashes, now });
  const widths = createWidths(root, layout);
  const painter = createPainter({ ...options, columns: () => columns, widths, flashes, now });
  const rows = createWindow({
    root,
    createSlot: () => createSlot(columns, `${prefix}-cell-${made++}`, flashes),
    paint: painter.paint,
    pinned: () => text.ends(),
  });
  const text = createTextSelection({ root, rows });
  const head = createHead({
    id: prefix,
    sort: options.sort,
    move: (id, to) => change(moveColumn(layout, id, to)),
    resize: (id, px, final) => {
      const next = resizeColumn(layout, id, px === null ? null : px / rootFontSize());
      if (final) change(next);
      else setLayout(next);
    },
  });
  const cursor = createCursor({ root, head, rows, columnCount: () => columns.length, scrolled: rows.arrange });

  const invalidation = createInvalidation(
    (level) => {
      if (level === "layout") rows.measure();
      widths.hint();
      rows.arrange();
      cursor.show();
    },
    options.schedule ?? ((paint) => requestAnimationFrame(paint)),
  );
  /** Not in the next frame: the next key or click can come before it, and must meet the new rows. */
  const arrangeNow = () => {
    invalidation.invalidate("layout");
    invalidation.flush();
    rows.putInOrder();
  };

  const refit = () => widths.refit(columns, rows.slots.values());
  const setColumns = () => {
    columns = visibleColumns(layout);
    root.setAttribute("aria-colcount", String(columns.length + 1));
    head.setColumns(columns);
    head.setSort(sort);
    rows.clear();
    cursor.setColumn(cursor.column);
  };
  function setLayout(next: Layout): void {
    layout = next;
    widths.setLayout(next);
    if (visibleColumns(next).join() === columns.join()) return;
    setColumns();
    arrangeNow();
  }
  /** The reader changes the layout. */
  function change(next: Layout): void {
    setLayout(next);
    options.setLayout(next);
  }

  const listeners = new AbortController();
  const { signal } = listeners;
  const keys = { cursor, rows, head, text, columns: () => columns, layout: () => layout, setLayout: change };
  const pointer = followPointer({
    rows,
    click: ({ index, symbol }, column) => {
      cursor.point(index, symbol, column);
      open(symbol);
    },
    remove,
    selected: text.exists,
    now,
    moment: ({ view }, at) => format.moment(at, view?.row.zone ?? ""),
    signal,
  });
  root.addEventListener("scroll", () => invalidation.invalidate("rows"), { passive: true, signal });
  const pass = (symbol: string) => opened !== null && options.pass(symbol);
  root.addEventListener("keydown", createKeys({ ...keys, sort: options.sort, open, pass, remove, move }), { signal });
  root.addEventListener("focus", cursor.show, { signal });
  root.addEventListener("blur", cursor.show, { signal });
  root.setAttribute("role", "grid");
  root.setAttribute("aria-label", options.label);
  root.setAttribute("aria-multiselectable", "false");
  root.tabIndex = 0;
  root.append(head.row, rows.body);
  const resizing = new ResizeObserver(() => {
    arrangeNow();
    cursor.settle();
  });
  resizing.observe(root);
  setColumns();

  return {
    setRows(order) {
      rows.setOrder(order);
      root.setAttribute("aria-rowcount", String(order.length + 1));
      cursor.follow();
      if (cursor.symbol === null && !root.matches(":focus")) cursor.goTo(opened);
      arrangeNow();
    },
    setOpen(symbol) {
      opened = symbol;
      rows.select(symbol);
      cursor.goTo(symbol); // the keys go on from there
    },
    setSort(next) {
      sort = next;
      head.setSort(next);
    },
    setLayout,
    setFormat(next) {
      format = next;
      painter.setFormat(next);
      for (const slot of rows.slots.values()) painter.paint(slot, false);
      refit();
    },
    refit,
    shows: (symbol) => rows.slots.has(symbol),
    draw(symbols) {
      invalidation.flush(); // it reads the layout, which is to be done before rows are painted
      painter.draw(symbols, rows.slots);
    },
    repaint: () => painter.draw(new Set(rows.slots.keys()), rows.slots),
    refresh: () => painter.refresh(rows.slots.values()),
    measure: arrangeNow,
    held: () => pointer.inside() || (cursor.row !== headRow && root.matches(":focus-visible")) || text.exists(),
    rows,
    active: () => cursor.symbol,
    close() {
      listeners.abort();
      rows.close();
      resizing.disconnect();
      flashes.close();
      head.close();
      root.replaceChildren();
    },
  };
}

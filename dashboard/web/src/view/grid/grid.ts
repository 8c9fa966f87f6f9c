import { type Layout, moveColumn, resizeColumn, shiftColumn, tracks, visibleColumns } from "../../columns/layout.ts";
import { columns as allColumns, type ColumnId, columnOf } from "../../columns/registry.ts";
import { ageStep, type Row, type RowView, viewOf } from "../../columns/row.ts";
import type { Format } from "../../format.ts";
import type { Sort } from "../../model/ranking.ts";
import type { Sparks } from "../../model/spark.ts";
import { frameBatch, type Schedule } from "../frame.ts";
import { type Cell, createCell, createRemove } from "./cells.ts";
import { div, mark } from "./dom.ts";
import { createHead } from "./head.ts";
import { createSparkline, type Sparkline } from "./sparkline.ts";
import { createTints } from "./tints.ts";

const overscan = 4; // rows kept ready above and below the window
const noRow = -1; // the header
const removeWidth = 2; // rem
// A row that has just been painted waits for so long, in ms: with ten flushes a second every other one is seen,
// which is as much as eyes can follow, for half of the work.
const rowPace = 150;
const paceEnd = 210; // ms until what waits is painted without another flush

/** One pooled row of the DOM; `symbol` says whose it is now. */
interface Slot {
  readonly element: HTMLElement;
  readonly cells: readonly Cell[];
  readonly spark: Sparkline | null;
  readonly remove: HTMLButtonElement;
  index: number;
  symbol: string;
  view: RowView | null;
  /** Out of sight, its row has not been painted since it changed. */
  stale: boolean;
  painted: number;
}

export interface GridOptions {
  readonly root: HTMLElement;
  readonly label: string;
  readonly row: (symbol: string) => Row;
  /** How old a row's price is, in ms. */
  readonly age: (row: Row) => number;
  readonly format: Format;
  readonly layout: Layout;
  readonly sparks: Pick<Sparks, "get" | "extend">;
  readonly sort: (column: ColumnId) => void;
  readonly setLayout: (layout: Layout) => void;
  readonly remove: (symbol: string) => void;
  readonly open: (symbol: string) => void;
  /** Puts a symbol in the place of another one. */
  readonly move: (symbol: string, to: string) => void;
  /** Whether cells may be tinted: not for those who asked for less motion. */
  readonly tints: () => boolean;
  readonly schedule?: Schedule;
  readonly now?: () => number;
}

/**
 * The table of quotes: a window of recycled rows over any number of symbols. It has one tab stop
 * and is walked with the arrow keys; the active cell is told to assistive technology by
 * aria-activedescendant, so that scrolling a row away can never lose the focus.
 */
export function createGrid(options: GridOptions) {
  const { root, row, sparks, now = () => performance.now() } = options;
  const schedule: Schedule = options.schedule ?? ((paint) => requestAnimationFrame(paint));

  let { format, layout } = options;
  let columns = visibleColumns(layout);
  let order: readonly string[] = [];
  let indexOf = new Map<string, number>();
  let pool: Slot[] = [];
  let bySymbol = new Map<string, Slot>();
  let rowHeight = 28;
  let activeSymbol: string | null = null;
  let activeRow = noRow;
  let activeColumn = 0;
  let pointerInside = false;
  let serial = 0;
  let quarter = 0;
  let inSight: readonly [first: number, last: number] = [0, 0];
  const tints = createTints({ allowed: options.tints, now });

  // --- the frame of it ---------------------------------------------------------------------

  root.setAttribute("role", "grid");
  root.setAttribute("aria-label", options.label);
  root.tabIndex = 0;
  const head = createHead({
    sort: options.sort,
    move: (column, to) => setLayout(moveColumn(layout, column, to), true),
    resize: (column, px, final) => {
      const width = px === null ? null : px / Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      setLayout(resizeColumn(layout, column, width), final);
    },
  });
  const body = div("body", "rowgroup");
  root.append(head.row, body);

  const createSlot = (): Slot => {
    const element = div("row", "row");
    const id = serial++;
    const at = (name: string, index: number, role: string) => {
      const cell = div(`cell ${name}${columns[index] && columnOf(columns[index]).end ? " end" : ""}`, role);
      cell.id = `cell-${id}-${name}`;
      cell.setAttribute("aria-colindex", String(index + 1));
      element.append(cell);
      return cell;
    };
    const cells = columns.map((column, index) =>
      createCell(column, at(column, index, column === "symbol" ? "rowheader" : "gridcell"), tints),
    );
    const remove = createRemove(at("remove", columns.length, "gridcell"));
    const place = cells[columns.indexOf("spark")];
    const spark = place ? createSparkline(place.element) : null;
    return { element, cells, spark, remove, index: -1, symbol: "", view: null, stale: false, painted: 0 };
  };

  // --- widths --------------------------------------------------------------------------------

  const extra = new Map<ColumnId, number>();
  const setTracks = () => {
    const { template, least } = tracks(layout, extra);
    root.style.setProperty("--columns", `${template} ${removeWidth}rem`);
    root.style.setProperty("--row-width", `${least + removeWidth}rem`);
    root.style.setProperty("--range-end", `${((allColumns.range.fits ?? 0) + (extra.get("range") ?? 0)) * 0.47}rem`);
  };
  const widen = (column: ColumnId, cell: Cell): boolean => {
    const { fits } = columnOf(column);
    if (fits === undefined || !cell.characters) return false;
    const more = cell.characters() - fits;
    if (more <= (extra.get(column) ?? 0)) return false;
    extra.set(column, more);
    return true;
  };

  // --- painting ------------------------------------------------------------------------------

  const picture = ({ spark, view, symbol }: Slot) => {
    if (!spark || !view) return;
    const { p, pc, o, t } = view.quote;
    const day = sparks.get(symbol);
    if (day && p !== undefined && t !== undefined && view.state === "live")
      sparks.extend(symbol, p, t / 1000, `${pc} ${o}`);
    spark.draw(day, pc);
  };

  const paint = (slot: Slot, rebound: boolean, shown = row(slot.symbol)) => {
    slot.stale = false;
    const view = viewOf(shown, { format, age: options.age(shown), now: Date.now(), quiet: rebound });
    slot.view = view;
    let wider = false;
    for (const [index, cell] of slot.cells.entries()) {
      if (rebound) cell.calm?.();
      cell.paint(view);
      wider = widen(columns[index] ?? "symbol", cell) || wider;
    }
    if (wider) setTracks();
    const { state, change } = view;
    const tick = view.row.entry?.tick ?? 0;
    mark(slot.element, "state", state);
    mark(slot.element, "age", state === "live" ? String(ageStep(view.age)) : null);
    mark(slot.element, "tick", tick === 0 ? null : tick > 0 ? "up" : "down");
    mark(slot.element, "trend", change === undefined || change === 0 ? null : change > 0 ? "up" : "down");
    if (rebound) picture(slot);
  };

  const waiting = new Set<string>();
  let waking: ReturnType<typeof setTimeout> | undefined;
  const wake = () => {
    waking = undefined;
    for (const symbol of waiting) draw(symbol);
  };

  const draw: (symbol: string) => void = frameBatch<string>((dirty) => {
    tints.sweep();
    const time = now();
    for (const symbol of waiting.size > 0 ? new Set([...waiting, ...dirty]) : dirty) {
      waiting.delete(symbol);
      const slot = bySymbol.get(symbol);
      if (!slot) continue;
      const next = row(symbol);
      const { entry } = slot.view?.row ?? {};
      const turned = next.entry?.confirmed !== entry?.confirmed || next.entry?.quote.st !== entry?.quote.st;
      // The rows kept ready above and below the window cost nothing until they are needed. But a price that is
      // not live any more must not look so for one frame longer.
      if (!turned && (slot.index < inSight[0] || slot.index > inSight[1])) slot.stale = true;
      else if (!turned && time - slot.painted < rowPace) waiting.add(symbol);
      else {
        slot.painted = time;
        paint(slot, false, next);
      }
    }
    if (waiting.size > 0) waking ??= setTimeout(wake, paceEnd);
    else {
      clearTimeout(waking);
      waking = undefined;
    }
  }, schedule);

  const bind = (slot: Slot, index: number, symbol: string) => {
    if (slot.index !== index) {
      slot.index = index;
      slot.element.style.transform = `translateY(${index * rowHeight}px)`;
      slot.element.setAttribute("aria-rowindex", String(index + 2));
    }
    if (slot.element.parentNode !== body) body.append(slot.element);
    if (slot.symbol === symbol) {
      if (slot.stale && index >= inSight[0] && index <= inSight[1]) paint(slot, false);
      return;
    }
    slot.symbol = symbol;
    slot.remove.setAttribute("aria-label", `Remove ${symbol}`);
    slot.remove.title = `Remove ${symbol}`;
    mark(slot.element, "symbol", symbol);
    paint(slot, true);
  };

  /** Gives every row of the window a slot. A symbol keeps its slot while the order allows it. */
  const arrange = () => {
    const { scrollTop, clientHeight } = root;
    inSight = [Math.floor(scrollTop / rowHeight) - 1, Math.ceil((scrollTop + clientHeight) / rowHeight)];
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - overscan);
    const count = Math.max(0, Math.min(order.length - first, Math.ceil(clientHeight / rowHeight) + 2 * overscan));
    while (pool.length < count) pool.push(createSlot());
    const next = new Map<string, Slot>();
    const waiting: number[] = [];
    for (let index = first; index < first + count; index++) {
      const symbol = order[index] as string;
      const slot = bySymbol.get(symbol);
      if (slot) {
        next.set(symbol, slot);
        bind(slot, index, symbol);
      } else waiting.push(index);
    }
    const free = pool.filter((slot) => next.get(slot.symbol) !== slot);
    for (const index of waiting) {
      const slot = free.pop();
      const symbol = order[index];
      if (!slot || symbol === undefined) continue;
      bind(slot, index, symbol);
      next.set(symbol, slot);
    }
    for (const slot of free) {
      slot.element.remove(); // nobody reads old prices in a row that is not in use
      slot.symbol = "";
      slot.index = -1;
    }
    bySymbol = next;
    showActive();
  };
  const rearrange = frameBatch<"arrange">(() => {
    showHidden();
    arrange();
  }, schedule);

  /** Columns out of sight are hinted at, at the edge beyond which they are. It reads the layout, so before rows move. */
  const showHidden = () => {
    const { scrollLeft, scrollWidth, clientWidth } = root;
    const more = scrollWidth - clientWidth;
    mark(root, "wide", more > 1 ? "" : null);
    mark(root, "more", more - scrollLeft > 1 ? "" : null);
  };

  const measure = () => {
    const height = Number.parseFloat(getComputedStyle(root).getPropertyValue("--row-height")) || 28;
    if (height !== rowHeight) {
      rowHeight = height;
      for (const slot of pool) slot.index = -1;
    }
    body.style.height = `${order.length * rowHeight}px`;
    showHidden();
    arrange();
  };

  const setColumns = () => {
    columns = visibleColumns(layout);
    root.setAttribute("aria-colcount", String(columns.length + 1));
    head.setColumns(columns);
    for (const slot of pool) slot.element.remove();
    pool = [];
    bySymbol = new Map();
    activeColumn = Math.min(activeColumn, columns.length);
  };

  let currentSort: Sort = null;
  /** Shows another layout; the reader's own changes are told. */
  function setLayout(next: Layout, told: boolean): void {
    const before = columns.join();
    layout = next;
    setTracks();
    if (visibleColumns(layout).join() !== before) {
      setColumns();
      head.setSort(currentSort);
      measure();
    }
    if (told) options.setLayout(layout);
  }

  // --- the active cell -----------------------------------------------------------------------

  let shownActive: HTMLElement | null = null;
  const showActive = () => {
    const focused = root.matches(":focus-visible");
    const slot = activeSymbol === null ? undefined : bySymbol.get(activeSymbol);
    const cell =
      activeRow === noRow
        ? head.cells[activeColumn]
        : activeColumn < columns.length
          ? slot?.cells[activeColumn]?.element
          : slot?.remove.parentElement;
    if (cell) root.setAttribute("aria-activedescendant", cell.id);
    else root.removeAttribute("aria-activedescendant");
    const shown = focused ? (cell ?? null) : null;
    if (shown === shownActive) return;
    if (shownActive) {
      mark(shownActive, "active", null);
      if (shownActive.parentElement) mark(shownActive.parentElement, "activerow", null);
    }
    if (shown) {
      mark(shown, "active", "");
      if (activeRow !== noRow && shown.parentElement) mark(shown.parentElement, "activerow", "");
    }
    shownActive = shown;
  };

  const reveal = (index: number) => {
    const top = index * rowHeight;
    const height = root.clientHeight - head.row.offsetHeight;
    if (top < root.scrollTop) root.scrollTop = top;
    else if (top + rowHeight > root.scrollTop + height) root.scrollTop = top + rowHeight - height;
  };

  const activate = (index: number, column: number) => {
    activeRow = Math.max(noRow, Math.min(order.length - 1, index));
    activeColumn = Math.max(0, Math.min(columns.length, column));
    activeSymbol = activeRow === noRow ? null : (order[activeRow] ?? null);
    if (activeRow !== noRow) {
      reveal(activeRow);
      arrange();
    } else showActive();
    shownActive?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  };

  const removeActive = () => {
    if (activeSymbol === null) return;
    const at = activeRow;
    options.remove(activeSymbol);
    activate(Math.min(at, order.length - 1), activeColumn);
  };

  /** With Alt: what is active is sized, or put somewhere else. */
  const rearrangeKey = ({ key, shiftKey }: KeyboardEvent): boolean => {
    const column = columns[activeColumn];
    if (activeRow === noRow && column && (key === "ArrowLeft" || key === "ArrowRight")) {
      const by = key === "ArrowLeft" ? -1 : 1;
      if (shiftKey) {
        setLayout(shiftColumn(layout, column, by), true);
        activeColumn = columns.indexOf(column);
        showActive();
      } else {
        const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
        const width = (head.cells[activeColumn]?.getBoundingClientRect().width ?? 0) / rem;
        setLayout(resizeColumn(layout, column, width + by * 0.5), true);
      }
      return true;
    }
    if (activeSymbol !== null && (key === "ArrowUp" || key === "ArrowDown")) {
      const to = order[activeRow + (key === "ArrowUp" ? -1 : 1)];
      if (to !== undefined) options.move(activeSymbol, to);
      return true;
    }
    return false;
  };

  const onKey = (event: KeyboardEvent) => {
    if (event.metaKey || event.isComposing) return;
    if (event.altKey) {
      if (rearrangeKey(event)) event.preventDefault();
      return;
    }
    const { key, ctrlKey } = event;
    const page = Math.max(1, Math.floor(root.clientHeight / rowHeight) - 2);
    const steps: Readonly<Record<string, readonly [row: number, column: number]>> = {
      ArrowDown: [activeRow + 1, activeColumn],
      ArrowUp: [activeRow - 1, activeColumn],
      ArrowRight: [activeRow, activeColumn + 1],
      ArrowLeft: [activeRow, activeColumn - 1],
      PageDown: [activeRow + page, activeColumn],
      PageUp: [Math.max(0, activeRow - page), activeColumn],
      Home: ctrlKey ? [0, activeColumn] : [activeRow, 0],
      End: ctrlKey ? [order.length - 1, activeColumn] : [activeRow, columns.length],
    };
    const column = columns[activeColumn];
    const step = steps[key];
    if (step) activate(...step);
    else if (ctrlKey) return;
    else if (key === "Enter" || key === " ") {
      if (activeRow === noRow) {
        if (column) options.sort(column);
      } else if (!column) removeActive();
      else if (activeSymbol !== null) options.open(activeSymbol);
    } else if (key === "Delete") removeActive();
    else return;
    event.preventDefault();
  };

  const onClick = (event: Event) => {
    const target = event.target instanceof Element ? event.target : null;
    const element = target?.closest<HTMLElement>(".body .row");
    const slot = element && pool.find((one) => one.element === element);
    if (!slot) return;
    if (target?.closest(".remove-button")) {
      options.remove(slot.symbol);
      return;
    }
    activeRow = slot.index;
    activeSymbol = slot.symbol;
    activeColumn = Math.max(
      0,
      slot.cells.findIndex(({ element: cell }) => cell.contains(target)),
    );
    showActive();
    options.open(slot.symbol);
  };

  const onPointer = (event: PointerEvent) => {
    if (event.pointerType === "mouse") pointerInside = event.type === "pointerenter";
    else pointerInside = event.type === "pointerdown";
  };

  const onOver = (event: Event) => {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>(".time[data-at]") : null;
    const slot = cell && pool.find(({ element }) => element === cell.parentElement);
    if (cell && slot?.view) cell.title = format.moment(Number(cell.dataset["at"]), slot.view.row.zone);
  };

  const listeners = new AbortController();
  const { signal } = listeners;
  root.addEventListener("scroll", () => rearrange("arrange"), { passive: true, signal });
  root.addEventListener("keydown", onKey, { signal });
  body.addEventListener("click", onClick, { signal });
  body.addEventListener("pointerover", onOver, { signal });
  root.addEventListener("focus", showActive, { signal });
  root.addEventListener("blur", showActive, { signal });
  for (const type of ["pointerenter", "pointerleave", "pointerdown", "pointerup", "pointercancel"] as const) {
    body.addEventListener(type, onPointer, { signal });
  }
  const resizing = new ResizeObserver(measure);
  resizing.observe(root);
  setTracks();
  setColumns();

  return {
    /** Shows these symbols in this order. */
    setRows(next: readonly string[]): void {
      order = next;
      indexOf = new Map(next.map((symbol, index) => [symbol, index]));
      root.setAttribute("aria-rowcount", String(next.length + 1));
      if (activeSymbol !== null) {
        const index = indexOf.get(activeSymbol);
        if (index !== undefined) activeRow = index;
        else {
          activeRow = Math.min(activeRow, next.length - 1);
          activeSymbol = next[activeRow] ?? null;
        }
      }
      measure();
    },

    setSort(sort: Sort): void {
      currentSort = sort;
      head.setSort(sort);
    },

    setLayout: (next: Layout): void => setLayout(next, false),

    setFormat(next: Format): void {
      format = next;
      extra.clear();
      setTracks();
      for (const slot of bySymbol.values()) paint(slot, false);
    },

    /** This symbol's row would look different now. */
    mark(symbol: string): void {
      if (bySymbol.has(symbol)) draw(symbol);
    },

    /**
     * What changes with the time alone: ages, and the pictures of the day. Called four times a second, it does a
     * quarter of the rows each time, so that no frame has to do all of them.
     */
    refresh(): void {
      quarter = (quarter + 1) % 4;
      const time = now();
      for (const slot of bySymbol.values()) {
        if (slot.index % 4 !== quarter) continue;
        if (slot.stale || time - slot.painted > 800) paint(slot, false);
        picture(slot);
      }
    },

    /** The size of a row may be another one. */
    measure,

    /** Scrolls to a symbol and makes it the active row. */
    show(symbol: string): void {
      const index = indexOf.get(symbol);
      if (index !== undefined) activate(index, 0);
      root.focus();
    },

    focus: (): void => root.focus(),

    /** Whether someone is reading or walking the rows, so that they must stay where they are. */
    held(): boolean {
      return pointerInside || (activeRow !== noRow && root.matches(":focus-visible"));
    },

    close(): void {
      listeners.abort();
      clearTimeout(waking);
      resizing.disconnect();
      tints.close();
      head.close();
      root.replaceChildren();
    },
  };
}

export type Grid = ReturnType<typeof createGrid>;

import type { Row } from "../desk.ts";
import { change, changePercent, dash, type Format } from "../format.ts";
import { frameBatch, type Schedule } from "../frame.ts";
import { type Column, rangePosition, type Sort } from "../order.ts";
import type { Quote } from "../protocol.ts";

interface ColumnSpec {
  readonly id: Column | "remove";
  readonly label: string;
  readonly title: string;
}

const columns: readonly ColumnSpec[] = [
  { id: "symbol", label: "Symbol", title: "Symbol" },
  { id: "name", label: "Name", title: "Name" },
  { id: "last", label: "Last", title: "Price of the last trade" },
  { id: "change", label: "Change", title: "Last price less the previous close" },
  { id: "percent", label: "Change %", title: "Change in percent of the previous close" },
  { id: "bid", label: "Bid", title: "Best bid" },
  { id: "ask", label: "Ask", title: "Best ask" },
  { id: "volume", label: "Volume", title: "Volume of the session" },
  {
    id: "range",
    label: "Day range",
    title: "Low and high of the session, and where the last price stands between them",
  },
  { id: "time", label: "Last trade", title: "Time of the last change" },
  { id: "remove", label: "", title: "" },
];
const lastColumn = columns.length - 1;
const placeOf = new Map(columns.map(({ id }, index) => [id, index]));

const overscan = 4; // rows kept ready above and below the window
const tint = 300; // ms that a changed cell stays tinted
const tintPace = 500; // ms between two tints of one cell: at most two a second
const noRow = -1; // the header

// How many characters fit a column at its narrowest in the style sheet. A column that must show
// more is widened: a price without its first or last digits would be another price.
const fits = { symbol: 10, last: 8, change: 7, percent: 7, bid: 8, ask: 8, range: 8 } as const;
type Widening = keyof typeof fits;

type Flashing = "last" | "change" | "percent" | "bid" | "ask" | "volume";
const flashing: readonly Flashing[] = ["last", "change", "percent", "bid", "ask", "volume"];

interface FlashState {
  value: number | undefined;
  shown: boolean;
  started: number;
}

/** One pooled row of the DOM; `symbol` says whose it is now. */
interface Slot {
  readonly element: HTMLElement;
  readonly cells: readonly HTMLElement[];
  readonly text: Readonly<
    Record<
      | "symbol"
      | "status"
      | "name"
      | "extended"
      | "source"
      | "last"
      | "change"
      | "percent"
      | "bid"
      | "ask"
      | "volume"
      | "low"
      | "high"
      | "time",
      Text
    >
  >;
  readonly track: HTMLElement;
  readonly remove: HTMLButtonElement;
  readonly flash: Readonly<Record<Flashing, FlashState>>;
  index: number;
  symbol: string;
}

export interface GridOptions {
  readonly root: HTMLElement;
  readonly label: string;
  readonly row: (symbol: string) => Row;
  readonly format: Format;
  readonly sort: (column: Column) => void;
  readonly remove: (symbol: string) => void;
  /** Whether cells may be tinted: not for those who asked for less motion. */
  readonly tints: () => boolean;
  readonly schedule?: Schedule;
  readonly now?: () => number;
}

const statusLabels: Readonly<Record<string, string>> = {
  stale: "Stale",
  halted: "Halted",
  closed: "Closed",
  down: "Down",
};

const write = (node: Text, value: string) => {
  if (node.data !== value) node.data = value;
};

const mark = (element: HTMLElement, name: string, value: string | null) => {
  if (value === null) {
    if (name in element.dataset) delete element.dataset[name];
  } else if (element.dataset[name] !== value) element.dataset[name] = value;
};

const div = (className: string, role?: string): HTMLElement => {
  const element = document.createElement("div");
  element.className = className;
  if (role) element.setAttribute("role", role);
  return element;
};

const put = (parent: HTMLElement, className?: string, title?: string): Text => {
  const text = document.createTextNode("");
  if (className) {
    const span = document.createElement("span");
    span.className = className;
    if (title) span.title = title;
    span.append(text);
    parent.append(span);
  } else parent.append(text);
  return text;
};

function crossIcon(): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M4.5 4.5l7 7m0-7l-7 7");
  svg.append(path);
  return svg;
}

/**
 * The table of quotes: a window of recycled rows over any number of symbols. It has one tab stop
 * and is walked with the arrow keys; the active cell is told to assistive technology by
 * aria-activedescendant, so that scrolling a row away can never lose the focus.
 */
export function createGrid(options: GridOptions) {
  const { root, row, format, tints, now = () => performance.now() } = options;
  const schedule: Schedule = options.schedule ?? ((paint) => requestAnimationFrame(paint));

  let order: readonly string[] = [];
  let indexOf = new Map<string, number>();
  const pool: Slot[] = [];
  let bySymbol = new Map<string, Slot>();
  let rowHeight = 32;
  let activeSymbol: string | null = null;
  let activeRow = noRow;
  let activeColumn = 0;
  let pointerInside = false;
  let serial = 0;

  // --- the frame of it ---------------------------------------------------------------------

  root.setAttribute("role", "grid");
  root.setAttribute("aria-label", options.label);
  root.setAttribute("aria-colcount", String(columns.length));
  root.tabIndex = 0;

  const head = div("row head", "row");
  head.setAttribute("aria-rowindex", "1");
  const headers = columns.map((column, index) => {
    const cell = div(`cell ${column.id}`, "columnheader");
    cell.id = `head-${column.id}`;
    cell.setAttribute("aria-colindex", String(index + 1));
    if (column.id === "remove") {
      const hidden = document.createElement("span");
      hidden.className = "visually-hidden";
      hidden.textContent = "Remove";
      cell.append(hidden);
    } else {
      cell.title = column.title;
      const label = document.createElement("span");
      label.textContent = column.label;
      cell.append(label);
      cell.setAttribute("aria-sort", "none");
    }
    head.append(cell);
    return cell;
  });
  const body = div("body", "rowgroup");
  root.append(head, body);

  const createSlot = (): Slot => {
    const element = div("row", "row");
    const id = serial++;
    const cells = columns.map((column, index) => {
      const cell = div(`cell ${column.id}`, column.id === "symbol" ? "rowheader" : "gridcell");
      cell.id = `cell-${id}-${column.id}`;
      cell.setAttribute("aria-colindex", String(index + 1));
      element.append(cell);
      return cell;
    });
    const at = (column: ColumnSpec["id"]) => cells[placeOf.get(column) ?? 0] as HTMLElement;
    const low = put(at("range"), "low");
    const track = div("track");
    track.append(div("at"));
    at("range").append(track);
    const high = put(at("range"), "high");
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "remove-button";
    remove.tabIndex = -1; // the Delete key is the keyboard's way; one tab stop for the whole grid
    remove.append(crossIcon());
    at("remove").append(remove);
    const slot: Slot = {
      element,
      cells,
      text: {
        symbol: put(at("symbol"), "ticker"),
        status: put(at("symbol"), "status"),
        name: put(at("name"), "company"),
        extended: put(at("name"), "extended", "Last price outside the regular session, and its change from the close"),
        source: put(at("name"), "source", "Which source these prices are from"),
        last: put(at("last"), "value"),
        change: put(at("change"), "value"),
        percent: put(at("percent"), "value"),
        bid: put(at("bid"), "value"),
        ask: put(at("ask"), "value"),
        volume: put(at("volume"), "value"),
        low,
        high,
        time: put(at("time")),
      },
      track,
      remove,
      flash: Object.fromEntries(
        flashing.map((name) => [name, { value: undefined, shown: false, started: Number.NEGATIVE_INFINITY }]),
      ) as unknown as Slot["flash"],
      index: -1,
      symbol: "",
    };
    element.hidden = true;
    body.append(element);
    return slot;
  };

  // --- tints ---------------------------------------------------------------------------------

  const tinted = new Set<{ cell: HTMLElement; state: FlashState }>();
  let sweeping: ReturnType<typeof setTimeout> | undefined;
  const sweep = () => {
    sweeping = undefined;
    const time = now();
    for (const item of tinted) {
      if (item.state.shown && time - item.state.started < tint) continue;
      mark(item.cell, "flash", null);
      item.state.shown = false;
      tinted.delete(item);
    }
    if (tinted.size > 0) sweeping = setTimeout(sweep, 100);
  };

  const follow = (slot: Slot, name: Flashing, value: number | undefined, quietly: boolean) => {
    const state = slot.flash[name];
    const before = state.value;
    state.value = value;
    if (quietly || before === undefined || value === undefined || before === value || state.shown || !tints()) return;
    const time = now();
    if (time - state.started < tintPace) return;
    state.started = time;
    state.shown = true;
    const cell = slot.cells[placeOf.get(name) ?? 0] as HTMLElement;
    mark(cell, "flash", name === "volume" ? "same" : value > before ? "up" : "down");
    tinted.add({ cell, state });
    sweeping ??= setTimeout(sweep, 100);
  };

  const calm = (slot: Slot) => {
    for (const name of flashing) {
      const state = slot.flash[name];
      state.value = undefined;
      state.shown = false;
      state.started = Number.NEGATIVE_INFINITY;
    }
    for (const cell of slot.cells) mark(cell, "flash", null);
  };

  // --- widths --------------------------------------------------------------------------------

  const extra = new Map<Widening, number>();
  const widen = (column: Widening, characters: number) => {
    const more = characters - fits[column];
    if (more <= (extra.get(column) ?? 0)) return;
    extra.set(column, more);
    root.style.setProperty(`--extra-${column}`, String(more));
    let total = 0;
    for (const [name, count] of extra) total += name === "range" ? 2 * count : count;
    root.style.setProperty("--extra", String(total));
  };

  // --- painting ------------------------------------------------------------------------------

  const stateOf = ({ entry, unknown }: Row): string => {
    if (unknown) return "unknown";
    if (!entry) return "empty";
    if (!entry.confirmed) return "old";
    return entry.quote.st ?? "live";
  };

  /** What was traded outside the session, and its change from the session's last price. */
  const extended = (x: number, p: number | undefined, decimals: number): string => {
    const percent = p === undefined ? null : changePercent(x, p);
    return `Ext ${format.price(x, decimals)}${percent === null ? "" : ` ${format.percent(percent)}`}`;
  };

  const paint = (slot: Slot, rebound: boolean) => {
    const current = row(slot.symbol);
    const { entry, decimals } = current;
    const quote: Partial<Quote> = entry?.quote ?? {};
    const { p, pc, b, a, v, l, h, t, x, src } = quote;
    const state = stateOf(current);
    const text = slot.text;
    const price = (value: number | undefined) => (value === undefined ? dash : format.price(value, decimals));
    const moved = p === undefined || pc === undefined ? undefined : change(p, pc);
    const percent = p === undefined || pc === undefined ? null : changePercent(p, pc);

    write(text.symbol, slot.symbol);
    write(text.status, statusLabels[state] ?? "");
    write(
      text.name,
      state === "unknown" ? "Unknown symbol" : state === "empty" && current.name === "" ? "No quote yet" : current.name,
    );
    write(text.extended, x === undefined ? "" : extended(x, p, decimals));
    write(text.source, src ?? "");
    write(text.last, price(p));
    write(text.change, moved === undefined ? dash : format.change(moved, decimals));
    write(text.percent, percent === null ? dash : format.percent(percent));
    write(text.bid, price(b));
    write(text.ask, price(a));
    write(text.volume, v === undefined ? dash : format.volume(v));
    write(text.low, l === undefined ? "" : format.price(l, decimals));
    write(text.high, h === undefined ? "" : format.price(h, decimals));
    write(text.time, t === undefined ? dash : format.time(t));

    widen("symbol", slot.symbol.length + (text.status.data === "" ? 0 : text.status.data.length + 3));
    for (const name of ["last", "change", "percent", "bid", "ask"] as const) widen(name, text[name].data.length);
    widen("range", Math.max(text.low.data.length, text.high.data.length));

    const position = rangePosition(p, l, h);
    slot.track.hidden = position === null;
    const place = position === null ? "" : position.toFixed(2);
    if (slot.track.dataset["at"] !== place) {
      slot.track.dataset["at"] = place;
      slot.track.style.setProperty("--at", place);
    }

    mark(slot.element, "state", state);
    mark(slot.element, "tick", entry?.tick === 1 ? "up" : entry?.tick === -1 ? "down" : null);
    mark(slot.element, "trend", moved === undefined || moved === 0 ? null : moved > 0 ? "up" : "down");

    const quietly = rebound || state !== "live";
    follow(slot, "last", p, quietly);
    follow(slot, "change", moved, quietly);
    follow(slot, "percent", percent === null ? undefined : Math.round(percent * 100), quietly);
    follow(slot, "bid", b, quietly);
    follow(slot, "ask", a, quietly);
    follow(slot, "volume", v, quietly);
  };

  const draw = frameBatch<string>((dirty) => {
    for (const symbol of dirty) {
      const slot = bySymbol.get(symbol);
      if (slot) paint(slot, false);
    }
  }, schedule);

  const bind = (slot: Slot, index: number, symbol: string) => {
    if (slot.index !== index) {
      slot.index = index;
      slot.element.style.transform = `translateY(${index * rowHeight}px)`;
      slot.element.setAttribute("aria-rowindex", String(index + 2));
    }
    if (slot.symbol !== symbol) {
      slot.symbol = symbol;
      slot.remove.setAttribute("aria-label", `Remove ${symbol}`);
      slot.remove.title = `Remove ${symbol}`;
      mark(slot.element, "symbol", symbol);
      calm(slot);
      paint(slot, true);
    }
    slot.element.hidden = false;
  };

  /** Gives every row of the window a slot. A symbol keeps its slot while the order allows it. */
  const layout = () => {
    const first = Math.max(0, Math.floor(root.scrollTop / rowHeight) - overscan);
    const count = Math.min(order.length - first, Math.ceil(root.clientHeight / rowHeight) + 2 * overscan);
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
      if (!slot.element.hidden) slot.element.hidden = true;
      slot.symbol = "";
      slot.index = -1;
    }
    bySymbol = next;
    showActive();
  };
  const relayout = frameBatch<"layout">(() => layout(), schedule);

  const measure = () => {
    const height = Number.parseFloat(getComputedStyle(root).getPropertyValue("--row-height")) || 32;
    if (height !== rowHeight) {
      rowHeight = height;
      for (const slot of pool) slot.index = -1;
    }
    body.style.height = `${order.length * rowHeight}px`;
    layout();
  };

  // --- the active cell -----------------------------------------------------------------------

  let shownActive: HTMLElement | null = null;
  const showActive = () => {
    const focused = root.matches(":focus-visible");
    const cells = activeRow === noRow ? headers : activeSymbol ? bySymbol.get(activeSymbol)?.cells : undefined;
    const cell = cells?.[activeColumn] ?? null;
    if (cell) root.setAttribute("aria-activedescendant", cell.id);
    else root.removeAttribute("aria-activedescendant");
    const shown = focused ? cell : null;
    if (shown !== shownActive) {
      if (shownActive) delete shownActive.dataset["active"];
      if (shownActive) delete shownActive.parentElement?.dataset["activerow"];
      if (shown) shown.dataset["active"] = "";
      if (shown && activeRow !== noRow && shown.parentElement) shown.parentElement.dataset["activerow"] = "";
      shownActive = shown;
    }
  };

  const reveal = (index: number) => {
    const top = index * rowHeight;
    const height = root.clientHeight - head.offsetHeight;
    if (top < root.scrollTop) root.scrollTop = top;
    else if (top + rowHeight > root.scrollTop + height) root.scrollTop = top + rowHeight - height;
  };

  const activate = (index: number, column: number) => {
    activeRow = Math.max(noRow, Math.min(order.length - 1, index));
    activeColumn = Math.max(0, Math.min(lastColumn, column));
    activeSymbol = activeRow === noRow ? null : (order[activeRow] ?? null);
    if (activeRow !== noRow) {
      reveal(activeRow);
      layout();
    } else showActive();
    shownActive?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  };

  const removeActive = () => {
    if (activeSymbol === null) return;
    const at = activeRow;
    options.remove(activeSymbol);
    activate(Math.min(at, order.length - 1), activeColumn);
  };

  const onKey = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(root.clientHeight / rowHeight) - 2);
    const column = columns[activeColumn]?.id;
    switch (event.key) {
      case "ArrowDown":
        activate(activeRow + 1, activeColumn);
        break;
      case "ArrowUp":
        activate(activeRow - 1, activeColumn);
        break;
      case "ArrowRight":
        activate(activeRow, activeColumn + 1);
        break;
      case "ArrowLeft":
        activate(activeRow, activeColumn - 1);
        break;
      case "PageDown":
        activate(activeRow + page, activeColumn);
        break;
      case "PageUp":
        activate(Math.max(0, activeRow - page), activeColumn);
        break;
      case "Home":
        activate(event.ctrlKey ? 0 : activeRow, event.ctrlKey ? activeColumn : 0);
        break;
      case "End":
        activate(event.ctrlKey ? order.length - 1 : activeRow, event.ctrlKey ? activeColumn : lastColumn);
        break;
      case "Enter":
      case " ":
        if (column === undefined) return;
        if (activeRow === noRow && column !== "remove") options.sort(column);
        else if (activeRow !== noRow && column === "remove") removeActive();
        else if (event.key === "Enter") return;
        break;
      case "Delete":
        removeActive();
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  const onClick = (event: Event) => {
    const target = event.target instanceof Element ? event.target : null;
    const cell = target?.closest<HTMLElement>(".cell");
    if (!cell) return;
    const column = columns[Number(cell.getAttribute("aria-colindex")) - 1]?.id;
    if (cell.parentElement === head) {
      if (column && column !== "remove") options.sort(column);
      return;
    }
    const slot = pool.find(({ element }) => element === cell.parentElement);
    if (!slot) return;
    if (target?.closest(".remove-button")) options.remove(slot.symbol);
    else {
      activeRow = slot.index;
      activeSymbol = slot.symbol;
      activeColumn = Math.max(0, slot.cells.indexOf(cell));
      showActive();
    }
  };

  const onPointer = (event: PointerEvent) => {
    if (event.pointerType === "mouse") pointerInside = event.type === "pointerenter";
    else pointerInside = event.type === "pointerdown";
  };

  const listeners = new AbortController();
  const { signal } = listeners;
  root.addEventListener("scroll", () => relayout("layout"), { passive: true, signal });
  root.addEventListener("keydown", onKey, { signal });
  root.addEventListener("click", onClick, { signal });
  root.addEventListener("focus", showActive, { signal });
  root.addEventListener("blur", showActive, { signal });
  for (const type of ["pointerenter", "pointerleave", "pointerdown", "pointerup", "pointercancel"] as const) {
    body.addEventListener(type, onPointer, { signal });
  }
  const resizing = new ResizeObserver(measure);
  resizing.observe(root);

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
      columns.forEach((column, index) => {
        if (column.id === "remove") return;
        headers[index]?.setAttribute("aria-sort", sort?.column === column.id ? sort.direction : "none");
      });
    },

    /** This symbol's row would look different now. */
    mark: draw,

    /** Scrolls to a symbol and makes it the active row. */
    show(symbol: string): void {
      const index = indexOf.get(symbol);
      if (index !== undefined) activate(index, 0);
      root.focus();
    },

    /** Whether someone is reading or walking the rows, so that they must stay where they are. */
    held(): boolean {
      return pointerInside || (activeRow !== noRow && root.matches(":focus-visible"));
    },

    close(): void {
      listeners.abort();
      resizing.disconnect();
      clearTimeout(sweeping);
      root.replaceChildren();
    },
  };
}

export type Grid = ReturnType<typeof createGrid>;

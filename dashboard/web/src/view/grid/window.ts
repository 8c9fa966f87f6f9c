import { div, mark } from "./dom.ts";
import { createOrder } from "./placing.ts";
import type { Slot } from "./slot.ts";

const overscan = 4; // rows kept ready above and below the window
const usualHeight = 28; // px, where the stylesheet says nothing

/** Where rows are put, and who makes and paints them. */
export interface WindowOptions {
  /** The element that scrolls. */
  readonly root: HTMLElement;
  readonly createSlot: () => Slot;
  /** Paints a row. `given`: it was just given to another symbol. */
  readonly paint: (slot: Slot, given: boolean) => void;
  /** Symbols whose rows stay in the document when they are out of sight. */
  readonly pinned: () => readonly string[];
}

/**
 * A window over any number of symbols. Only the rows around what is in sight are in the document, and are used again.
 * When scrolling rests, they stand there in the order in which they are seen.
 */
export function createWindow({ root, createSlot, paint, pinned }: WindowOptions) {
  const body = div("body", "rowgroup");
  let order: readonly string[] = [];
  let indices = new Map<string, number>();
  let pool: Slot[] = [];
  let slots = new Map<string, Slot>();
  let rowHeight = usualHeight;
  let selected: string | null = null;
  const inDocument = createOrder(body, () => slots.values());

  /** Moves the row to its place, and gives it to the symbol. */
  const bind = (slot: Slot, index: number, symbol: string, seen: boolean) => {
    slot.seen = seen;
    if (slot.index !== index) {
      slot.index = index;
      slot.element.style.transform = `translateY(${index * rowHeight}px)`;
      slot.element.setAttribute("aria-rowindex", String(index + 2));
    }
    inDocument.append(slot);
    if (slot.symbol === symbol) {
      if (slot.outdated && seen) paint(slot, false);
      return;
    }
    slot.symbol = symbol;
    slot.remove.setAttribute("aria-label", `Remove ${symbol}`);
    slot.remove.title = `Remove ${symbol}`;
    mark(slot.element, "symbol", symbol);
    slot.element.setAttribute("aria-selected", String(symbol === selected));
    paint(slot, true);
  };

  const release = (slot: Slot) => {
    slot.element.remove(); // or a search in the page would find the old price
    slot.symbol = "";
    slot.index = -1;
    slot.place = -1;
  };

  return {
    body,
    get order(): readonly string[] {
      return order;
    },
    /** The rows that are in use, by their symbols. */
    get slots(): ReadonlyMap<string, Slot> {
      return slots;
    },
    /** The place of a symbol; undefined if it is not in the list. */
    indexOf: (symbol: string): number | undefined => indices.get(symbol),
    /** The row with this element; undefined for another element. */
    slotOf: (element: Element | null | undefined): Slot | undefined =>
      element ? pool.find((slot) => slot.element === element) : undefined,
    /** By how many rows a page is scrolled: two less than are in sight, so that the reader keeps the place. */
    page: (): number => Math.max(1, Math.floor(root.clientHeight / rowHeight) - 2),

    /** Marks the row of a symbol as the selected one; null for none. */
    select(symbol: string | null): void {
      const before = selected;
      selected = symbol;
      for (const one of [before, symbol]) {
        const slot = one === null ? undefined : slots.get(one);
        slot?.element.setAttribute("aria-selected", String(one === selected));
      }
    },

    setOrder(next: readonly string[]): void {
      order = next;
      indices = new Map(next.map((symbol, index) => [symbol, index]));
    },

    /** Reads from the stylesheet how high a row is. */
    measure(): void {
      const height = Number.parseFloat(getComputedStyle(root).getPropertyValue("--row-height")) || usualHeight;
      if (height !== rowHeight) {
        rowHeight = height;
        for (const slot of pool) slot.index = -1;
      }
      body.style.height = `${order.length * rowHeight}px`;
    },

    /** Gives each symbol in the window a row. A symbol that has one keeps it. */
    arrange(): void {
      const { scrollTop, clientHeight } = root;
      const [top, bottom] = [Math.floor(scrollTop / rowHeight), Math.ceil((scrollTop + clientHeight) / rowHeight)];
      const first = Math.max(0, top - overscan);
      const count = Math.max(0, Math.min(order.length - first, Math.ceil(clientHeight / rowHeight) + 2 * overscan));
      const seen = (index: number) => index >= top - 1 && index <= bottom;
      const next = new Map<string, Slot>();
      const missing: number[] = [];
      const keep = (index: number, symbol: string, slot: Slot) => {
        next.set(symbol, slot);
        bind(slot, index, symbol, seen(index));
      };
      for (let index = first; index < first + count; index++) {
        const symbol = order[index] as string;
        const slot = slots.get(symbol);
        if (slot) keep(index, symbol, slot);
        else missing.push(index);
      }
      for (const symbol of pinned()) {
        const [slot, index] = [slots.get(symbol), indices.get(symbol)];
        if (slot && index !== undefined && !next.has(symbol)) keep(index, symbol, slot);
      }
      const free = pool.filter((slot) => next.get(slot.symbol) !== slot);
      for (const index of missing) {
        let slot = free.pop();
        if (!slot) {
          slot = createSlot();
          pool.push(slot);
        }
        keep(index, order[index] as string, slot);
      }
      for (const slot of free) release(slot);
      slots = next;
      inDocument.soon();
    },

    /** Puts the rows in the document in the order in which they are seen, as it is done soon after `arrange`. */
    putInOrder: inDocument.now,

    /** Drops all rows: the next ones have other columns. */
    clear(): void {
      for (const slot of pool) slot.element.remove();
      pool = [];
      slots = new Map();
    },

    close: inDocument.close,

    /** Scrolls a row into sight, by as little as possible. The header of that height covers the top. */
    reveal(index: number, headHeight: number): void {
      const top = index * rowHeight;
      const height = root.clientHeight - headHeight;
      if (top < root.scrollTop) root.scrollTop = top;
      else if (top + rowHeight > root.scrollTop + height) root.scrollTop = top + rowHeight - height;
    },
  };
}

/** The rows that are in the document. */
export type RowWindow = ReturnType<typeof createWindow>;

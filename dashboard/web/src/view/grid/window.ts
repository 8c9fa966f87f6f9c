import { div, mark } from "./dom.ts";
import type { Slot } from "./slot.ts";

const overscan = 4; // rows kept ready above and below the window
const usualHeight = 28; // px, where the stylesheet says nothing

export interface WindowOptions {
  /** The element that scrolls. */
  readonly root: HTMLElement;
  readonly createSlot: () => Slot;
  /** Paints a row; `given` where it has just been given to another symbol. */
  readonly paint: (slot: Slot, given: boolean) => void;
}

/** A window over any number of symbols: only the rows around what is in sight are in the document, and are used again. */
export function createWindow({ root, createSlot, paint }: WindowOptions) {
  const body = div("body", "rowgroup");
  let order: readonly string[] = [];
  let indices = new Map<string, number>();
  let pool: Slot[] = [];
  let slots = new Map<string, Slot>();
  let rowHeight = usualHeight;

  /** Puts the slot where the row stands, and gives it to the symbol. */
  const bind = (slot: Slot, index: number, symbol: string, seen: boolean) => {
    slot.seen = seen;
    if (slot.index !== index) {
      slot.index = index;
      slot.element.style.transform = `translateY(${index * rowHeight}px)`;
      slot.element.setAttribute("aria-rowindex", String(index + 2));
    }
    if (slot.element.parentNode !== body) body.append(slot.element);
    if (slot.symbol === symbol) {
      if (slot.stale && seen) paint(slot, false);
      return;
    }
    slot.symbol = symbol;
    slot.remove.setAttribute("aria-label", `Remove ${symbol}`);
    slot.remove.title = `Remove ${symbol}`;
    mark(slot.element, "symbol", symbol);
    paint(slot, true);
  };

  const release = (slot: Slot) => {
    slot.element.remove(); // an old price in a row that is not in use could still be found by a search in the page
    slot.symbol = "";
    slot.index = -1;
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
    /** Where a symbol stands; undefined where it is not in the list. */
    indexOf: (symbol: string): number | undefined => indices.get(symbol),
    /** The row that an element of the document is; undefined for another element. */
    slotOf: (element: Element | null | undefined): Slot | undefined =>
      element ? pool.find((slot) => slot.element === element) : undefined,
    /** Rows that a step by a page passes: two fewer than are in sight, so that one knows where one was. */
    page: (): number => Math.max(1, Math.floor(root.clientHeight / rowHeight) - 2),

    setOrder(next: readonly string[]): void {
      order = next;
      indices = new Map(next.map((symbol, index) => [symbol, index]));
    },

    /** Reads how high a row is, which the stylesheet decides. */
    measure(): void {
      const height = Number.parseFloat(getComputedStyle(root).getPropertyValue("--row-height")) || usualHeight;
      if (height !== rowHeight) {
        rowHeight = height;
        for (const slot of pool) slot.index = -1;
      }
      body.style.height = `${order.length * rowHeight}px`;
    },

    /** Gives every symbol in the window a row. One that has a row keeps it. */
    arrange(): void {
      const { scrollTop, clientHeight } = root;
      const [top, bottom] = [Math.floor(scrollTop / rowHeight), Math.ceil((scrollTop + clientHeight) / rowHeight)];
      const first = Math.max(0, top - overscan);
      const count = Math.max(0, Math.min(order.length - first, Math.ceil(clientHeight / rowHeight) + 2 * overscan));
      const seen = (index: number) => index >= top - 1 && index <= bottom;
      while (pool.length < count) pool.push(createSlot());
      const next = new Map<string, Slot>();
      const homeless: number[] = [];
      for (let index = first; index < first + count; index++) {
        const symbol = order[index] as string;
        const slot = slots.get(symbol);
        if (slot) {
          next.set(symbol, slot);
          bind(slot, index, symbol, seen(index));
        } else homeless.push(index);
      }
      const free = pool.filter((slot) => next.get(slot.symbol) !== slot);
      for (const index of homeless) {
        const slot = free.pop();
        const symbol = order[index];
        if (!slot || symbol === undefined) continue;
        bind(slot, index, symbol, seen(index));
        next.set(symbol, slot);
      }
      for (const slot of free) release(slot);
      slots = next;
    },

    /** Drops all rows: the next ones have other columns. */
    clear(): void {
      for (const slot of pool) slot.element.remove();
      pool = [];
      slots = new Map();
    },

    /** Scrolls by as little as brings a row into sight, below a header of that height. */
    reveal(index: number, headHeight: number): void {
      const top = index * rowHeight;
      const height = root.clientHeight - headHeight;
      if (top < root.scrollTop) root.scrollTop = top;
      else if (top + rowHeight > root.scrollTop + height) root.scrollTop = top + rowHeight - height;
    },
  };
}

export type RowWindow = ReturnType<typeof createWindow>;

import type { Placed, putInOrder } from "./order.ts";

const restsAfter = 100; // ms without scrolling: to move elements at each step of it costs a third more

/**
 * Keeps the elements of the parent in the order in which they are seen: whoever reads the document from top to bottom,
 * such as a screen reader, meets them in it. Until what puts them in order has been fetched, they stay as they were appended.
 */
export function createOrder(parent: HTMLElement, all: () => Iterable<Placed>) {
  let appended = 0; // the place of the next one
  let timer: ReturnType<typeof setTimeout> | undefined;
  let put: typeof putInOrder | undefined;
  const fetchOrder = () =>
    import("./order.ts").then(
      (part) => {
        put = part.putInOrder;
        now();
      },
      () => {}, // the server is away: the next call asks again
    );
  const now = () => {
    clearTimeout(timer);
    if (!put) return void fetchOrder();
    const elements = [...all()].sort((one, other) => one.index - other.index);
    put(parent, elements);
    appended = elements.length;
  };
  return {
    now,
    /** When scrolling rests. Call it at each step. */
    soon(): void {
      clearTimeout(timer);
      timer = setTimeout(now, restsAfter);
    },
    /** Puts an element at the end, if it is not in the document. */
    append(one: Placed): void {
      if (one.place >= 0) return;
      parent.append(one.element);
      one.place = appended++;
    },
    close: (): void => clearTimeout(timer),
  };
}

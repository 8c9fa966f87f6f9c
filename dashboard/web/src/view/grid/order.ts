const restsAfter = 100; // ms without scrolling: to move elements at each step of it costs a third more

/**
 * The places of the longest run of numbers that rise, for which others may be left out; negative numbers are never in
 * it.
 */
export function longestRise(numbers: readonly number[]): ReadonlySet<number> {
  const ends: number[] = []; // the place where the best run of each length ends
  const before: number[] = []; // for each place, the place before it in its run; -1 for none
  for (const [place, number] of numbers.entries()) {
    let [low, high] = [0, number < 0 ? 0 : ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((numbers[ends[middle] ?? 0] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    before.push(ends[low - 1] ?? -1);
    if (number >= 0) ends[low] = place;
  }
  const run = new Set<number>();
  for (let place = ends.at(-1) ?? -1; place >= 0; place = before[place] ?? -1) run.add(place);
  return run;
}

/** An element among its siblings. */
export interface Placed {
  readonly element: HTMLElement;
  /** It rises from each sibling to the next one; -1 if the element is not in the document. */
  place: number;
  /** Where it is seen. */
  readonly index: number;
}

/** Puts these elements into the parent in this order, with as few moves as there can be. It has no other children. */
export function putInOrder(parent: HTMLElement, elements: readonly Placed[]): void {
  const stay = longestRise(elements.map(({ place }) => place));
  let next: HTMLElement | null = null;
  for (let place = elements.length - 1; place >= 0; place--) {
    const one = elements[place];
    if (!one) continue;
    if (!stay.has(place)) parent.insertBefore(one.element, next);
    one.place = place;
    next = one.element;
  }
}

/**
 * Keeps the elements of the parent in the order in which they are seen: whoever reads the document from top to bottom,
 * such as a screen reader, meets them in it.
 */
export function createOrder(parent: HTMLElement, all: () => Iterable<Placed>) {
  let appended = 0; // the place of the next one
  let timer: ReturnType<typeof setTimeout> | undefined;
  const now = () => {
    clearTimeout(timer);
    const elements = [...all()].sort((one, other) => one.index - other.index);
    putInOrder(parent, elements);
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

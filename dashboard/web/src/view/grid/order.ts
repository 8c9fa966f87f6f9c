/**
 * The longest rising subsequence of the numbers, as their places in the list. Negative numbers are never part of it.
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

/** An element with its place in the document, and its place on the screen. */
export interface Placed {
  readonly element: HTMLElement;
  /** The places of the parent's children rise from the first one to the last; -1 if the element is not in the document. */
  place: number;
  /** Its place on the screen, from the top. */
  readonly index: number;
}

/** Calls a function that moves elements, and selects the same text again: an element that is moved loses its selection. */
function keepingSelection(move: () => void): void {
  const selection = document.getSelection();
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection ?? {};
  move();
  if (!selection || !anchorNode || !focusNode || anchorOffset === undefined || focusOffset === undefined) return;
  if (selection.anchorNode !== anchorNode || selection.focusNode !== focusNode)
    selection.setBaseAndExtent(anchorNode, anchorOffset, focusNode, focusOffset);
}

function moveAll(parent: HTMLElement, elements: readonly Placed[]): void {
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
 * Puts these elements into the parent in this order, with as few moves as there can be. It has no other children. Text
 * that is selected in them stays selected.
 */
export const putInOrder = (parent: HTMLElement, elements: readonly Placed[]): void =>
  keepingSelection(() => moveAll(parent, elements));

import type { Slot } from "./slot.ts";
import type { RowWindow } from "./window.ts";

/** The rows, and what clicks do. */
export interface PointerOptions {
  readonly rows: RowWindow;
  /** A cell was clicked; the number of its column is -1 if it belongs to none. */
  readonly click: (slot: Slot, column: number) => void;
  readonly remove: (symbol: string) => void;
  /** A time in ms since the Unix epoch as text, with date and zone, at the exchange of the row. */
  readonly moment: (slot: Slot, at: number) => string;
  readonly signal: AbortSignal;
}

interface Hold {
  readonly type: "pointerenter" | "pointerleave" | "pointerdown" | "pointerup" | "pointercancel";
  /** Whether the rows are held after this event of the mouse, or of a finger; undefined where it changes nothing. */
  readonly mouse?: boolean;
  readonly touch?: boolean;
}

const holds: readonly Hold[] = [
  { type: "pointerenter", mouse: true },
  { type: "pointerleave", mouse: false, touch: false },
  { type: "pointerdown", touch: true },
  { type: "pointerup", touch: false },
  { type: "pointercancel", touch: false },
];

/** Answers the pointer over the rows, until the signal is aborted. */
export function followPointer({ rows, click, remove, moment, signal }: PointerOptions) {
  let inside = false;
  const { body } = rows;
  const closest = ({ target }: Event, selector: string) =>
    target instanceof Element ? target.closest<HTMLElement>(selector) : null;

  body.addEventListener(
    "click",
    (event) => {
      const slot = rows.slotOf(closest(event, ".body .row"));
      if (!slot) return;
      if (closest(event, ".remove-button")) remove(slot.symbol);
      else
        click(
          slot,
          slot.cells.findIndex(({ element }) => event.target instanceof Node && element.contains(event.target)),
        );
    },
    { signal },
  );
  body.addEventListener(
    "pointerover",
    (event) => {
      const cell = closest(event, ".time[data-at]");
      const slot = rows.slotOf(cell?.parentElement);
      if (cell && slot) cell.title = moment(slot, Number(cell.dataset["at"]));
    },
    { signal },
  );
  for (const { type, mouse, touch } of holds) {
    body.addEventListener(
      type,
      ({ pointerType }) => {
        inside = (pointerType === "mouse" ? mouse : touch) ?? inside;
      },
      { signal },
    );
  }
  return {
    /** Whether the mouse is over the rows, or a finger on them. */
    inside: (): boolean => inside,
  };
}

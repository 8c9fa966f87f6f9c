import type { Slot } from "./slot.ts";
import type { RowWindow } from "./window.ts";

export interface PointerOptions {
  readonly rows: RowWindow;
  /** A cell was clicked; its number is -1 for one that is no column's. */
  readonly click: (slot: Slot, column: number) => void;
  readonly remove: (symbol: string) => void;
  /** The date and zone of a time in ms since the Unix epoch, at the row's exchange. */
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

/** What the pointer does over the rows, until the signal is aborted. */
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

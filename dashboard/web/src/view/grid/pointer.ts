import { mark } from "./dom.ts";
import type { Slot } from "./slot.ts";
import type { RowWindow } from "./window.ts";

const dragFrom = 4; // px: less is a click of an unsteady hand
const secondTap = 600; // ms: a touch that follows another one sooner is part of a double tap

/** The rows, and what clicks do. */
export interface PointerOptions {
  readonly rows: RowWindow;
  /** A cell was clicked; the number of its column is -1 if it belongs to none. */
  readonly click: (slot: Slot, column: number) => void;
  readonly remove: (symbol: string) => void;
  /** Whether text of the rows is selected. */
  readonly selected: () => boolean;
  /** A time in ms since the Unix epoch as text, with date and zone, at the exchange of the row. */
  readonly moment: (slot: Slot, at: number) => string;
  /** In ms, of any origin. */
  readonly now: () => number;
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

interface Point {
  readonly clientX: number;
  readonly clientY: number;
}

const far = (one: Point, other: Point): boolean =>
  Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) > dragFrom;

const closest = ({ target }: Event, selector: string) =>
  target instanceof Element ? target.closest<HTMLElement>(selector) : null;

/**
 * Disarms the buttons that remove a row once one was pressed, since the next row comes to stand under the pointer: the
 * second click of a double click must not remove that one, too. They are armed again when the mouse moves, or with a
 * touch that is no double tap.
 */
function guardRemoval({ rows: { body }, now, signal }: Pick<PointerOptions, "rows" | "now" | "signal">) {
  let removed: { readonly at: Point; readonly time: number } | null = null;
  const arm = () => {
    removed = null;
    mark(body, "disarmed", null);
  };
  body.addEventListener(
    "pointermove",
    (event) => {
      if (removed && event.pointerType === "mouse" && far(event, removed.at)) arm();
    },
    { signal },
  );
  body.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && arm(), { signal });
  body.addEventListener(
    "pointerdown",
    ({ pointerType }) => {
      if (removed && pointerType !== "mouse" && now() - removed.time > secondTap) arm();
    },
    { signal },
  );
  return {
    armed: (): boolean => removed === null,
    /** A button was pressed. A click that no pointer made, as of a screen reader, disarms nothing. */
    disarm(event: MouseEvent): void {
      if (event.detail === 0) return;
      removed = { at: event, time: now() };
      mark(body, "disarmed", "");
    },
  };
}

/** Answers the pointer over the rows, until the signal is aborted. */
export function followPointer(options: PointerOptions) {
  const { rows, click, remove, selected, moment, signal } = options;
  const { body } = rows;
  const guard = guardRemoval(options);
  let inside = false;
  let down: Point | null = null; // where the button of the mouse went down

  body.addEventListener(
    "pointerdown",
    (event) => {
      down = event;
    },
    { signal },
  );
  body.addEventListener(
    "mousedown",
    (event) => {
      if (closest(event, ".remove-button")) event.preventDefault(); // the focus stays where it is
    },
    { signal },
  );
  body.addEventListener(
    "click",
    (event) => {
      const slot = rows.slotOf(closest(event, ".body .row"));
      if (!slot) return;
      if (closest(event, ".remove-button")) {
        if (!guard.armed()) return;
        guard.disarm(event);
        remove(slot.symbol);
        return;
      }
      // A click that ends a drag or a selection of text opens nothing.
      if (selected() || (event.detail > 0 && down && far(event, down))) return;
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

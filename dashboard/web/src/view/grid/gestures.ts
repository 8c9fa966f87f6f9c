import type { ColumnId } from "../../columns/registry.ts";
import { mark } from "./dom.ts";

/** The header of a column. */
export interface HeadCell {
  readonly id: ColumnId;
  readonly element: HTMLElement;
}

/** The headers, and what gestures do to their columns. */
export interface GesturesOptions {
  readonly row: HTMLElement;
  readonly cells: () => readonly HeadCell[];
  /** Puts a column in the place of another one. */
  readonly move: (column: ColumnId, to: ColumnId) => void;
  /** Sets a column's width in px; null for its own width. `final` is false while the pointer still drags. */
  readonly resize: (column: ColumnId, width: number | null, final: boolean) => void;
}

const dragFrom = 6; // px: less is a click

/** Dragging a header moves its column, and dragging its edge sizes it. A finger scrolls instead. */
export function createGestures({ row, cells, move, resize }: GesturesOptions) {
  const listeners = new AbortController();
  let gesture: AbortController | null = null;
  let dragged = false;

  const cellOf = ({ target }: Event): HeadCell | undefined => {
    const cell = target instanceof Element ? target.closest(".cell") : null;
    return cells().find(({ element }) => element === cell);
  };
  const onGrip = ({ target }: Event): boolean => target instanceof Element && target.closest(".grip") !== null;

  const cellAt = (x: number): HeadCell | undefined =>
    cells().find(({ element }) => {
      const { left, right } = element.getBoundingClientRect();
      return x >= left && x < right;
    });

  const size = ({ id, element }: HeadCell, start: PointerEvent, signal: AbortSignal, end: () => void) => {
    const from = element.getBoundingClientRect().width;
    let width: number | null = null;
    const onMove = (event: PointerEvent) => {
      width = from + event.clientX - start.clientX;
      resize(id, width, false);
    };
    const onUp = () => {
      if (width !== null) resize(id, width, true);
      end();
    };
    addEventListener("pointermove", onMove, { signal });
    addEventListener("pointerup", onUp, { signal });
  };

  const drag = ({ id, element }: HeadCell, start: PointerEvent, signal: AbortSignal, end: () => void) => {
    let over: ColumnId | undefined;
    const onMove = (event: PointerEvent) => {
      if (!dragged && Math.abs(event.clientX - start.clientX) < dragFrom) return;
      dragged = true;
      mark(element, "dragged", "");
      over = cellAt(event.clientX)?.id;
      for (const cell of cells()) mark(cell.element, "over", cell.id === over && over !== id ? "" : null);
    };
    const onUp = () => {
      if (dragged && over !== undefined && over !== id) move(id, over);
      end();
    };
    addEventListener("pointermove", onMove, { signal });
    addEventListener("pointerup", onUp, { signal });
  };

  const onDown = (event: PointerEvent) => {
    const cell = cellOf(event);
    if (!cell || event.button !== 0 || event.pointerType === "touch") return;
    gesture?.abort();
    const own = new AbortController();
    gesture = own;
    const end = () => {
      own.abort();
      for (const { element } of cells()) {
        mark(element, "dragged", null);
        mark(element, "over", null);
      }
    };
    addEventListener("pointercancel", end, { signal: own.signal });
    dragged = onGrip(event);
    if (dragged) {
      event.preventDefault();
      size(cell, event, own.signal, end);
    } else drag(cell, event, own.signal, end);
  };

  row.addEventListener("pointerdown", onDown, { signal: listeners.signal });
  row.addEventListener(
    "dblclick",
    (event) => {
      const cell = cellOf(event);
      if (cell && onGrip(event)) resize(cell.id, null, true);
    },
    { signal: listeners.signal },
  );

  return {
    /** The column that was clicked; undefined if the click ends a gesture, or is on no column. */
    clicked(event: Event): ColumnId | undefined {
      const id = dragged ? undefined : cellOf(event)?.id;
      dragged = false;
      return id;
    },
    close(): void {
      gesture?.abort();
      listeners.abort();
    },
  };
}

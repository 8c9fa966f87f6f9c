import type { ColumnId } from "../../columns/registry.ts";
import { mark } from "./dom.ts";

/** The header of a column. */
export interface HeadCell {
  readonly id: ColumnId;
  readonly element: HTMLElement;
}

/** The headers, and what gestures do to their columns. */
export interface GesturesOptions {
  readonly cells: () => readonly HeadCell[];
  /** Puts a column in the place of another one. */
  readonly move: (column: ColumnId, to: ColumnId) => void;
  /** Sets a column's width in px; null for its own width. `final` is false while the pointer still drags. */
  readonly resize: (column: ColumnId, width: number | null, final: boolean) => void;
}

const dragFrom = 6; // px: less is a click

/** Dragging a header moves its column, and dragging its edge sizes it. It is fetched by itself. */
export function createGestures({ cells, move, resize }: GesturesOptions) {
  let gesture: AbortController | null = null;
  let dragged = false;

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

  return {
    /** The main button of a mouse or a pen was pressed on a header. `edge`: on its edge. */
    begin(cell: HeadCell, event: PointerEvent, edge: boolean): void {
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
      dragged = edge;
      if (edge) {
        event.preventDefault();
        size(cell, event, own.signal, end);
      } else drag(cell, event, own.signal, end);
    },

    /** Whether the click that has come is the end of a gesture. */
    ended(): boolean {
      const was = dragged;
      dragged = false;
      return was;
    },

    close: (): void => gesture?.abort(),
  };
}

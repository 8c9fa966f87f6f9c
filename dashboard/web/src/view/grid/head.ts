import { type ColumnId, columnOf } from "../../columns/registry.ts";
import type { Sort } from "../../model/ranking.ts";
import { div, mark } from "./dom.ts";

export interface HeadOptions {
  readonly sort: (column: ColumnId) => void;
  /** Puts a column in the place of another one. */
  readonly move: (column: ColumnId, to: ColumnId) => void;
  /** Sets a column's width in px; null is the one that it has by itself. Final: the pointer has let go. */
  readonly resize: (column: ColumnId, width: number | null, final: boolean) => void;
}

const dragFrom = 6; // px: less is a click

/** The header: it sorts with a click, is put in order by dragging, and sized by the edges of its cells. */
export function createHead(options: HeadOptions) {
  const row = div("row head", "row");
  row.setAttribute("aria-rowindex", "1");
  let cells: { readonly id: ColumnId; readonly element: HTMLElement }[] = [];
  let dragged = false; // the click that ends a drag sorts nothing

  const find = (event: Event): ColumnId | undefined => {
    const cell = event.target instanceof Element ? event.target.closest(".cell") : null;
    return cells.find(({ element }) => element === cell)?.id;
  };

  const overAt = (x: number): ColumnId | undefined =>
    cells.find(({ element }) => {
      const { left, right } = element.getBoundingClientRect();
      return x >= left && x < right;
    })?.id;

  const size = (id: ColumnId, element: HTMLElement, start: PointerEvent, signal: AbortSignal, end: () => void) => {
    const from = element.getBoundingClientRect().width;
    let width: number | null = null;
    addEventListener(
      "pointermove",
      (event) => {
        width = from + event.clientX - start.clientX;
        options.resize(id, width, false);
      },
      { signal },
    );
    addEventListener(
      "pointerup",
      () => {
        if (width !== null) options.resize(id, width, true);
        end();
      },
      { signal },
    );
  };

  const drag = (id: ColumnId, element: HTMLElement, start: PointerEvent, signal: AbortSignal, end: () => void) => {
    let over: ColumnId | undefined;
    addEventListener(
      "pointermove",
      (event) => {
        if (!dragged && Math.abs(event.clientX - start.clientX) < dragFrom) return;
        dragged = true;
        mark(element, "dragged", "");
        over = overAt(event.clientX);
        for (const cell of cells) mark(cell.element, "over", cell.id === over && over !== id ? "" : null);
      },
      { signal },
    );
    addEventListener(
      "pointerup",
      () => {
        if (dragged && over !== undefined && over !== id) options.move(id, over);
        end();
      },
      { signal },
    );
  };

  const listeners = new AbortController();
  let gesture: AbortController | null = null;
  row.addEventListener(
    "pointerdown",
    (event) => {
      const id = find(event);
      const cell = cells.find((one) => one.id === id);
      if (!cell || event.button !== 0 || event.pointerType === "touch") return; // a finger scrolls
      gesture?.abort();
      const own = new AbortController();
      gesture = own;
      dragged = false;
      const end = () => {
        own.abort();
        for (const { element } of cells) {
          mark(element, "dragged", null);
          mark(element, "over", null);
        }
      };
      addEventListener("pointercancel", end, { signal: own.signal });
      const grip = event.target instanceof Element && event.target.closest(".grip");
      if (grip) {
        dragged = true;
        event.preventDefault();
        size(cell.id, cell.element, event, own.signal, end);
      } else drag(cell.id, cell.element, event, own.signal, end);
    },
    { signal: listeners.signal },
  );
  row.addEventListener(
    "click",
    (event) => {
      const id = find(event);
      if (id && !dragged) options.sort(id);
      dragged = false;
    },
    { signal: listeners.signal },
  );
  row.addEventListener(
    "dblclick",
    (event) => {
      const id = find(event);
      if (id && event.target instanceof Element && event.target.closest(".grip")) options.resize(id, null, true);
    },
    { signal: listeners.signal },
  );

  return {
    row,

    /** Shows these columns; the last cell stands over the buttons that remove a row. */
    setColumns(columns: readonly ColumnId[]): void {
      cells = columns.map((id, index) => {
        const { label, title, end = false } = columnOf(id);
        const element = div(`cell ${id}${end ? " end" : ""}`, "columnheader");
        element.id = `head-${id}`;
        element.title = title;
        element.setAttribute("aria-colindex", String(index + 1));
        element.setAttribute("aria-sort", "none");
        const text = document.createElement("span");
        text.className = "label";
        text.textContent = label;
        element.append(text, div("grip"));
        return { id, element };
      });
      const remove = div("cell remove", "columnheader");
      remove.id = "head-remove";
      remove.setAttribute("aria-colindex", String(columns.length + 1));
      const hidden = document.createElement("span");
      hidden.className = "visually-hidden";
      hidden.textContent = "Remove";
      remove.append(hidden);
      row.replaceChildren(...cells.map(({ element }) => element), remove);
    },

    setSort(sort: Sort): void {
      for (const { id, element } of cells) {
        element.setAttribute("aria-sort", sort?.column === id ? sort.direction : "none");
      }
    },

    get cells(): readonly HTMLElement[] {
      return [...row.children].filter((child): child is HTMLElement => child instanceof HTMLElement);
    },

    close(): void {
      gesture?.abort();
      listeners.abort();
    },
  };
}

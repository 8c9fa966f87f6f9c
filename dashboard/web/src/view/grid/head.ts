import { type ColumnId, columnOf } from "../../columns/registry.ts";
import type { Sort } from "../../model/sorting.ts";
import { div } from "./dom.ts";
import type { createGestures, GesturesOptions, HeadCell } from "./gestures.ts";

/** What a click and a gesture on the header do. */
export interface HeadOptions extends Pick<GesturesOptions, "move" | "resize"> {
  /** Begins the ids of the headers. */
  readonly id: string;
  readonly sort: (column: ColumnId) => void;
}

function createHeadCell(id: ColumnId, index: number, prefix: string): HeadCell {
  const { label, title, end = false } = columnOf(id);
  const element = div(`cell ${id}${end ? " end" : ""}`, "columnheader");
  element.id = `${prefix}-head-${id}`;
  element.title = title;
  element.setAttribute("aria-colindex", String(index + 1));
  element.setAttribute("aria-sort", "none");
  const text = document.createElement("span");
  text.className = "label";
  text.textContent = label;
  element.append(text, div("grip"));
  return { id, element };
}

function createRemoveHead(index: number, prefix: string): HTMLElement {
  const element = div("cell remove", "columnheader");
  element.id = `${prefix}-head-remove`;
  element.setAttribute("aria-colindex", String(index + 1));
  const hidden = document.createElement("span");
  hidden.className = "visually-hidden";
  hidden.textContent = "Remove";
  element.append(hidden);
  return element;
}

/** The row of headers. A click sorts by a column. */
export function createHead({ id, sort, move, resize }: HeadOptions) {
  const row = div("row head", "row");
  row.setAttribute("aria-rowindex", "1");
  let cells: readonly HeadCell[] = [];
  let gestures: ReturnType<typeof createGestures> | undefined;
  const fetchGestures = () =>
    import("./gestures.ts").then(
      (part) => {
        gestures ??= part.createGestures({ cells: () => cells, move, resize });
      },
      () => {}, // the server is away: it is fetched when the pointer comes again
    );
  void fetchGestures();

  const hit = ({ target }: Event) => {
    const at = target instanceof Element ? target : null;
    const cell = cells.find(({ element }) => element === at?.closest(".cell"));
    return { cell, edge: at?.closest(".grip") != null };
  };
  row.addEventListener("pointerenter", fetchGestures);
  row.addEventListener("pointerdown", (event) => {
    const { cell, edge } = hit(event);
    if (!cell || event.button !== 0 || event.pointerType === "touch") return; // a finger scrolls
    gestures?.begin(cell, event, edge);
  });
  row.addEventListener("click", (event) => {
    const { cell } = hit(event);
    if (!gestures?.ended() && cell) sort(cell.id);
  });
  row.addEventListener("dblclick", (event) => {
    const { cell, edge } = hit(event);
    if (cell && edge) resize(cell.id, null, true);
  });

  return {
    row,

    /** Shows these columns; the last cell stands over the buttons that remove a row. */
    setColumns(columns: readonly ColumnId[]): void {
      cells = columns.map((column, index) => createHeadCell(column, index, id));
      row.replaceChildren(...cells.map(({ element }) => element), createRemoveHead(columns.length, id));
    },

    setSort(sorted: Sort): void {
      for (const { id: column, element } of cells)
        element.setAttribute("aria-sort", sorted?.column === column ? sorted.direction : "none");
    },

    /** In the order of the columns, and the one over the buttons at the end. */
    get cells(): readonly HTMLElement[] {
      return [...row.children].filter((child): child is HTMLElement => child instanceof HTMLElement);
    },

    close: (): void => gestures?.close(),
  };
}

/** The row of headers. */
export type Head = ReturnType<typeof createHead>;

import { type ColumnId, columnOf } from "../../columns/registry.ts";
import type { RowView } from "../../columns/row.ts";
import { type Cell, createCell, createRemove } from "./cells.ts";
import { div } from "./dom.ts";
import type { Flashes } from "./flashes.ts";
import { createSparkline, type Sparkline } from "./sparkline.ts";

/** A row of the document. It is used for one symbol after another. */
export interface Slot {
  readonly element: HTMLElement;
  /** In the order of the columns. */
  readonly cells: readonly Cell[];
  readonly spark: Sparkline | null;
  readonly remove: HTMLButtonElement;
  /**
   * Set by the window: the place of the row, its symbol, and whether it is in sight; -1 and empty while it is not used.
   */
  index: number;
  symbol: string;
  seen: boolean;
  /** Its place among the rows of the document; -1 if it is not there. */
  place: number;
  /** Set by the painter: what was painted last, when, and whether there is something newer to paint. */
  view: RowView | null;
  painted: number;
  outdated: boolean;
}

/** Makes a row with these columns. The ids of its cells begin with `id`. */
export function createSlot(columns: readonly ColumnId[], id: string, flashes: Flashes): Slot {
  const element = div("row", "row");
  const cellAt = (name: string, index: number, role: string, end = false) => {
    const cell = div(`cell ${name}${end ? " end" : ""}`, role);
    cell.id = `${id}-${name}`;
    cell.setAttribute("aria-colindex", String(index + 1));
    element.append(cell);
    return cell;
  };
  const cells = columns.map((column, index) =>
    createCell(
      column,
      cellAt(column, index, column === "symbol" ? "rowheader" : "gridcell", columnOf(column).end),
      flashes,
    ),
  );
  const remove = createRemove(cellAt("remove", columns.length, "gridcell"));
  const day = cells[columns.indexOf("spark")];
  return {
    element,
    cells,
    spark: day ? createSparkline(day.element) : null,
    remove,
    index: -1,
    symbol: "",
    seen: false,
    place: -1,
    view: null,
    painted: 0,
    outdated: false,
  };
}

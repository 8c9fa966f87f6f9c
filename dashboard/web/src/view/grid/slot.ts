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
  /** Set by the painter: what was painted last, when, and whether there is something newer to paint. */
  view: RowView | null;
  painted: number;
  outdated: boolean;
}

/** Makes a row with these columns. The number makes the ids of its cells unique. */
export function createSlot(columns: readonly ColumnId[], number: number, flashes: Flashes): Slot {
  const element = div("row", "row");
  const cellAt = (name: string, index: number, role: string, end = false) => {
    const cell = div(`cell ${name}${end ? " end" : ""}`, role);
    cell.id = `cell-${number}-${name}`;
    cell.setAttribute("aria-colindex", String(index + 1));
    element.append(cell);
    return cell;
  };
  const cells = columns.map((id, index) =>
    createCell(id, cellAt(id, index, id === "symbol" ? "rowheader" : "gridcell", columnOf(id).end), flashes),
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
    view: null,
    painted: 0,
    outdated: false,
  };
}

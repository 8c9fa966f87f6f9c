import { type Layout, resizeColumn, shiftColumn } from "../../columns/layout.ts";
import type { ColumnId } from "../../columns/registry.ts";
import { type Cursor, headRow } from "./cursor.ts";
import { rootFontSize } from "./dom.ts";
import type { Head } from "./head.ts";
import type { TextSelection } from "./textselection.ts";
import type { RowWindow } from "./window.ts";

const widthStep = 0.5; // rem

/** What the keys move and change. */
export interface KeysOptions {
  readonly cursor: Cursor;
  readonly rows: RowWindow;
  readonly head: Head;
  readonly text: TextSelection;
  readonly columns: () => readonly ColumnId[];
  readonly layout: () => Layout;
  readonly setLayout: (layout: Layout) => void;
  readonly sort: (column: ColumnId) => void;
  readonly open: (symbol: string) => void;
  /** The active row has become another one. */
  readonly pass: (symbol: string) => void;
  readonly remove: (symbol: string) => void;
  /** Puts a symbol in the place of another one. */
  readonly move: (symbol: string, to: string) => void;
}

/** What the keys do in the grid. Returns the listener. */
export function createKeys({ cursor, rows, head, text, columns, layout, setLayout, ...actions }: KeysOptions) {
  const place = (row: number, column: number) => {
    const before = cursor.symbol;
    text.clear(); // what is copied next is the active row
    cursor.place(row, column);
    if (cursor.symbol !== null && cursor.symbol !== before) actions.pass(cursor.symbol);
  };

  const remove = () => {
    const { symbol, row, column } = cursor;
    if (symbol === null) return;
    actions.remove(symbol);
    cursor.place(Math.min(row, rows.order.length - 1), column);
    if (cursor.symbol !== null && cursor.symbol !== symbol) actions.pass(cursor.symbol);
  };

  const arrangeColumn = (id: ColumnId, by: -1 | 1, shift: boolean) => {
    if (shift) {
      setLayout(shiftColumn(layout(), id, by));
      cursor.setColumn(columns().indexOf(id));
      cursor.show();
    } else {
      const width = (head.cells[cursor.column]?.getBoundingClientRect().width ?? 0) / rootFontSize();
      setLayout(resizeColumn(layout(), id, width + by * widthStep));
    }
  };

  /** With Alt, the active header is sized or moved, and the active row moved. Returns whether the key did anything. */
  const arrange = ({ key, shiftKey }: KeyboardEvent): boolean => {
    const { row, column, symbol } = cursor;
    const id = columns()[column];
    if (row === headRow && id && (key === "ArrowLeft" || key === "ArrowRight")) {
      arrangeColumn(id, key === "ArrowLeft" ? -1 : 1, shiftKey);
      return true;
    }
    if (symbol === null || (key !== "ArrowUp" && key !== "ArrowDown")) return false;
    const to = rows.order[row + (key === "ArrowUp" ? -1 : 1)];
    if (to !== undefined) actions.move(symbol, to);
    return true;
  };

  const step = (key: string, ctrl: boolean): readonly [row: number, column: number] | null => {
    const { row, column } = cursor;
    switch (key) {
      case "ArrowDown":
        return [row + 1, column];
      case "ArrowUp":
        return [row - 1, column];
      case "ArrowRight":
        return [row, column + 1];
      case "ArrowLeft":
        return [row, column - 1];
      case "PageDown":
        return [row + rows.page(), column];
      case "PageUp":
        return [Math.max(0, row - rows.page()), column];
      case "Home":
        return ctrl ? [0, column] : [row, 0];
      case "End":
        return ctrl ? [rows.order.length - 1, column] : [row, columns().length];
      default:
        return null;
    }
  };

  const activate = () => {
    const id = columns()[cursor.column];
    if (cursor.row === headRow) {
      if (id) actions.sort(id);
    } else if (!id) remove();
    else if (cursor.symbol !== null) actions.open(cursor.symbol);
  };

  return (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "a") {
      text.all();
      event.preventDefault();
    }
    if (event.metaKey) return;
    if (event.altKey) {
      if (arrange(event)) event.preventDefault();
      return;
    }
    const { key, ctrlKey } = event;
    const to = step(key, ctrlKey);
    if (to) place(...to);
    else if (ctrlKey) return;
    else if (key === "Enter" || key === " ") activate();
    else if (key === "Delete") remove();
    else return;
    event.preventDefault();
  };
}

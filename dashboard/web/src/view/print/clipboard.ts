import { visibleColumns } from "../../columns/layout.ts";
import type { ColumnId } from "../../columns/registry.ts";
import type { RowView } from "../../columns/row.ts";
import { headingsOf, textsOf } from "../../columns/text.ts";
import { createFormat } from "../../format.ts";
import type { Grid } from "../grid/grid.ts";
import { shownView } from "../grid/rowview.ts";
import type { Services } from "../services.ts";

/** What goes to the clipboard. */
export interface Copied {
  readonly text: string;
  /** How many whole rows it has; 0 for parts of one. */
  readonly rows: number;
}

/** The text of the element that is in the range. */
function textIn(range: Range, element: Element): string {
  if (!range.intersectsNode(element)) return "";
  const part = document.createRange();
  part.selectNodeContents(element);
  if (range.compareBoundaryPoints(Range.START_TO_START, part) > 0)
    part.setStart(range.startContainer, range.startOffset);
  if (range.compareBoundaryPoints(Range.END_TO_END, part) < 0) part.setEnd(range.endContainer, range.endOffset);
  return part.toString();
}

interface Picked {
  /** Places in the order of the rows. */
  readonly first: number;
  readonly last: number;
  /** The cells of a single row, by their places; null for whole rows. */
  readonly cells: readonly number[] | null;
  /** The selected text, if it is of one cell. */
  readonly text: string | null;
}

/** What of the table the selection touches; null for nothing. Rows between two that it touches can be out of sight. */
function pickedBy(selection: Selection, root: HTMLElement, grid: Grid): Picked | null {
  if (!root.contains(selection.anchorNode) && !root.contains(selection.focusNode)) return null;
  const range = selection.getRangeAt(0);
  const touched = [...grid.rows.slots.values()]
    .filter(({ element }) => textIn(range, element) !== "")
    .sort((one, other) => one.index - other.index);
  const [top, bottom] = [touched[0], touched.at(-1)];
  if (!top || !bottom) return null;
  // A range that begins or ends outside of the rows has all that are before, or after.
  const body = top.element.parentElement;
  const [starts, ends] = [body?.contains(range.startContainer), body?.contains(range.endContainer)];
  if (top === bottom && starts && ends) {
    const cells = top.cells.flatMap(({ element }, index) => (textIn(range, element) === "" ? [] : [index]));
    return { first: top.index, last: top.index, cells, text: cells.length === 1 ? textIn(range, top.element) : null };
  }
  return {
    first: starts ? top.index : 0,
    last: ends ? bottom.index : grid.rows.order.length - 1,
    cells: null,
    text: null,
  };
}

const active = (root: HTMLElement, grid: Grid): Picked | null => {
  const symbol = document.activeElement === root ? grid.active() : null;
  const index = symbol === null ? -1 : grid.rows.order.indexOf(symbol);
  return index < 0 ? null : { first: index, last: index, cells: null, text: null };
};

/** A value must not have what separates values. */
const cell = (text: string): string => text.replace(/[\t\n\r]+/g, " ");

/**
 * The rows to copy as tab-separated values, with the columns that are shown, below a line of headings if they are
 * several. Numbers are in full, without a plus and without separators of thousands, so that spreadsheets read them as
 * such; the decimal separator is that of the page. Null if the browser shall copy as it always does.
 */
export function copyRows(
  root: HTMLElement,
  grid: Grid,
  { workspace, market, shown, settings }: Services,
): Copied | null {
  const selection = document.getSelection();
  const picked = selection && !selection.isCollapsed ? pickedBy(selection, root, grid) : active(root, grid);
  if (!picked) return null;
  const { first, last, cells, text } = picked;
  if (text !== null) return { text: text.trim().replaceAll("\u2212", "-"), rows: 0 };

  const { locale, times } = settings.value.peek();
  const format = createFormat({ locale: locale === "auto" ? undefined : locale, times, plain: true });
  const visible = visibleColumns(workspace.layout.peek());
  const columns = cells ? cells.flatMap((at): readonly ColumnId[] => visible.slice(at, at + 1)) : visible;
  const { live } = market.liveness.peek();
  const view = (symbol: string): RowView => {
    const row = shown.row(symbol);
    return shownView(row, { format, age: market.age(row), now: Date.now(), quiet: true, live });
  };
  const symbols = grid.rows.order.slice(first, last + 1);
  const lines = symbols.map((symbol) => {
    const seen = view(symbol);
    return columns.flatMap((id) => textsOf(id, seen).map(cell));
  });
  const all = symbols.length > 1 ? [columns.flatMap(headingsOf), ...lines] : lines;
  return { text: all.map((line) => line.join("\t")).join("\n"), rows: cells ? 0 : symbols.length };
}

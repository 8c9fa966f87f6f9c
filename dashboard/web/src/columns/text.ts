import { nameText } from "./name.ts";
import { type ColumnId, columnOf } from "./registry.ts";
import { type RowView, stateName } from "./row.ts";
import { timeText } from "./time.ts";

/*
 * The cells of a row as texts, for paper and for other programs. A column of the table is one column there, but for the
 * day's range, which is two, and for the picture of the day, which is none.
 */

/** What stands above the texts of a column. */
export function headingsOf(id: ColumnId): readonly string[] {
  if (id === "spark") return [];
  return id === "range" ? ["Day low", "Day high"] : [columnOf(id).label];
}

/** The texts of a column in a row, as many as it has headings; empty where nothing is known. */
export function textsOf(id: ColumnId, view: RowView): readonly string[] {
  const { row, quote, state, format } = view;
  const { figure } = columnOf(id);
  if (figure) {
    const value = figure.value(view);
    return [value === undefined ? "" : figure.text(value, view)];
  }
  const price = (value: number | undefined) => (value === undefined ? "" : format.price(value, row.decimals));
  switch (id) {
    case "symbol":
      return [row.symbol];
    case "name":
      return [nameText(view)];
    case "range":
      return [price(quote.l), price(quote.h)];
    case "time":
      return [quote.t === undefined ? "" : timeText(view)];
    case "status":
      return [stateName(state, row, quote)];
    default:
      return [];
  }
}

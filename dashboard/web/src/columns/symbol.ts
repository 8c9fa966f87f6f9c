import { drawnColumn } from "./column.ts";
import { type RowState, type RowView, stateName } from "./row.ts";

const labelled: readonly RowState[] = ["stale", "halted", "closed", "down"];

/** The word beside the symbol where the server says that its price is not live; empty otherwise. */
export const statusLabel = ({ state, row, quote }: RowView): string =>
  labelled.includes(state) ? stateName(state, row, quote) : "";

/** The symbol, which is always shown. */
export const symbol = drawnColumn({
  label: "Symbol",
  title: "Symbol",
  width: 8.5,
  least: 4.5,
  fits: 14, // five and a status
  first: "ascending",
  sort: (row) => row.symbol,
});

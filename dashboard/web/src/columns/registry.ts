/*
 * columns/ has the columns of the table, a file each: the width, the label, the value of a row that is shown, its text,
 * and the value to sort by. A new column is a file and an entry here; if its cell is more than a number,
 * view/grid/cells.ts draws it. `row.ts` is the row that all columns read, `layout.ts` says which columns are shown, in
 * which order and how wide. Nothing here touches the document.
 */
import { ask } from "./ask.ts";
import { bid } from "./bid.ts";
import { change } from "./change.ts";
import type { Column } from "./column.ts";
import { last } from "./last.ts";
import { name } from "./name.ts";
import { percent } from "./percent.ts";
import { range } from "./range.ts";
import { spark } from "./spark.ts";
import { spread } from "./spread.ts";
import { status } from "./status.ts";
import { symbol } from "./symbol.ts";
import { time } from "./time.ts";
import { volume } from "./volume.ts";
import { vwap } from "./vwap.ts";

/** All columns by their ids, in the order of the first visit. */
export const columns = {
  symbol,
  name,
  last,
  change,
  percent,
  spark,
  bid,
  ask,
  spread,
  volume,
  vwap,
  range,
  time,
  status,
} satisfies Readonly<Record<string, Column>>;

/** The name of a column in code, in storage and in addresses. */
export type ColumnId = keyof typeof columns;

/** The columns that view/grid/cells.ts draws. */
export type DrawnId = { [K in ColumnId]: (typeof columns)[K] extends { figure: object } ? never : K }[ColumnId];

/** All ids, in the order of the first visit. */
export const columnIds = Object.keys(columns) as readonly ColumnId[];

/** The column with this id. */
export const columnOf = (id: ColumnId): Column => columns[id];

/** Whether something that was read, as from storage, is the id of a column. */
export const isColumn = (value: unknown): value is ColumnId => columnIds.some((id) => id === value);

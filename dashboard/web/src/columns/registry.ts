/*
 * The columns of the table, a file each: how wide one is, what it is called, which value of a row it shows, as what text,
 * and by what it sorts. A new column is a file and a line here; what is more than a number is drawn in view/grid/cells.ts.
 * No column knows the document. `row.ts` is the row that they all read, `layout.ts` which of them are shown and where.
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

/** All columns, in the order that they have at first. */
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

export type ColumnId = keyof typeof columns;

/** Those that the grid knows how to draw, since their cells are more than a number. */
export type DrawnId = { [K in ColumnId]: (typeof columns)[K] extends { figure: object } ? never : K }[ColumnId];

export const columnIds = Object.keys(columns) as readonly ColumnId[];

export const columnOf = (id: ColumnId): Column => columns[id];

export const isColumn = (value: unknown): value is ColumnId => columnIds.some((id) => id === value);

import type { WireQuote } from "tickertape-client";
import type { Row, RowView } from "./row.ts";

/** The order of rows, as aria-sort names it. */
export type Direction = "ascending" | "descending";

/** The value that a row is sorted by. Null means that it is not known; such rows go last in both directions. */
export type SortKey = number | string | null;

/** A number that fills a cell. The cell flashes when the number changes. */
export interface Figure {
  value(view: RowView): number | undefined;
  text(value: number, view: RowView): string;
  /** What is to be known of it, shown while the pointer rests on it; empty for nothing. */
  note?(view: RowView): string;
  /** The flash has the colour of the arrow: one for a rise and another one for a fall. */
  readonly directed?: boolean;
}

/** All about a column, except how its cell is drawn where that is more than a number. */
export interface Column {
  readonly label: string;
  /** What the label means, shown while the pointer rests on it. */
  readonly title: string;
  /** In rem. */
  readonly width: number;
  /** In rem. The reader cannot make it narrower. */
  readonly least: number;
  /** Its share of the room that is left in the window, relative to the shares of other columns. */
  readonly grows?: number;
  /** Characters that fit the width. A column that must show more is widened, so that no price is cut. */
  readonly fits?: number;
  /** How many texts of that length stand side by side in it; 1 unless given. */
  readonly texts?: number;
  /** It is not shown until the reader chooses it. */
  readonly hidden?: boolean;
  /** Its text ends at the right edge, so that digits stand under digits. */
  readonly end?: boolean;
  /** The direction of the first click on the header. */
  readonly first: Direction;
  sort(row: Row): SortKey;
  /** The number in its cell. Without it, view/grid/cells.ts draws the cell. */
  readonly figure?: Figure;
}

interface FigureOptions extends Omit<Column, "figure" | "first" | "end" | "sort">, Figure {
  sort(quote: WireQuote): number | null | undefined;
}

/** A column of numbers. A number that is not known is undefined or null. */
export function figureColumn(options: FigureOptions): Column & { readonly figure: Figure } {
  const { value, text, note, directed = false, sort, ...column } = options;
  return {
    ...column,
    end: true,
    first: "descending",
    sort: ({ entry }) => (entry ? (sort(entry.quote) ?? null) : null),
    figure: { value, text, directed, ...(note && { note }) },
  };
}

type PriceOptions = Omit<FigureOptions, "value" | "text" | "sort"> & { readonly key: "p" | "b" | "a" | "vw" };

/** A column of prices that are in the quote under `key`, shown with the decimals of their symbol. */
export function priceColumn({ key, ...options }: PriceOptions): Column & { readonly figure: Figure } {
  return figureColumn({
    ...options,
    value: ({ quote }) => quote[key],
    text: (value, { row, format }) => format.price(value, row.decimals),
    sort: (quote) => quote[key],
  });
}

/** A column whose cell is more than a number. Unless view/grid/cells.ts draws it, that file does not compile. */
export const drawnColumn = (column: Omit<Column, "figure">): Column & { readonly figure?: never } => column;

import type { WireQuote } from "tickertape-client";
import type { Row, RowView } from "./row.ts";

export type Direction = "ascending" | "descending";

/** What a row is ranked by; null is not known, which goes last in either direction. */
export type SortKey = number | string | null;

/** A number that fills a cell, and is tinted when it changes. */
export interface Figure {
  value(view: RowView): number | undefined;
  text(value: number, view: RowView): string;
  /** The tint tells a rise from a fall. */
  readonly directed?: boolean;
}

/** What a column is: everything about it but how its cell is drawn, where that is more than a number. */
export interface Column {
  readonly label: string;
  /** A sentence for those who ask what the label means. */
  readonly title: string;
  /** In rem. */
  readonly width: number;
  /** In rem: the reader cannot make it narrower. */
  readonly least: number;
  /** Its share of the room that is left in the window, beside the shares of other columns. */
  readonly grows?: number;
  /** Characters that fit the width. A column that must show more is widened: half a price is another price. */
  readonly fits?: number;
  /** How many texts of that many characters stand side by side in it; 1 unless given. */
  readonly texts?: number;
  /** The reader has to choose it before it is shown. */
  readonly hidden?: boolean;
  /** Text ends at the right edge, so that digits stand under digits. */
  readonly end?: boolean;
  /** The direction of the first click on the header. */
  readonly first: Direction;
  sort(row: Row): SortKey;
  /** Its cell is this number; without it, the grid knows how the cell is drawn. */
  readonly figure?: Figure;
}

interface FigureOptions extends Omit<Column, "figure" | "first" | "end" | "sort">, Figure {
  sort(quote: WireQuote): number | null | undefined;
}

/** A column of numbers. What is not known of a quote is undefined or null, and goes last. */
export function figureColumn(options: FigureOptions): Column & { readonly figure: Figure } {
  const { value, text, directed = false, sort, ...column } = options;
  return {
    ...column,
    end: true,
    first: "descending",
    sort: ({ entry }) => (entry ? (sort(entry.quote) ?? null) : null),
    figure: { value, text, directed },
  };
}

type PriceOptions = Omit<FigureOptions, "value" | "text" | "sort"> & { readonly key: "p" | "b" | "a" | "vw" };

/** A column of prices that stand in the quote, with the decimals of their symbol. */
export function priceColumn({ key, ...options }: PriceOptions): Column & { readonly figure: Figure } {
  return figureColumn({
    ...options,
    value: ({ quote }) => quote[key],
    text: (value, { row, format }) => format.price(value, row.decimals),
    sort: (quote) => quote[key],
  });
}

/** A column whose cell is more than a number: the type says that the grid must know how it is drawn. */
export const drawnColumn = (column: Omit<Column, "figure">): Column & { readonly figure?: never } => column;

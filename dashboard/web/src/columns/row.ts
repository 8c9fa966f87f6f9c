import { change, changePercent, type Entry, type WireQuote } from "tickertape-client";
import type { Format } from "../format.ts";

/** A symbol of the table, with what is known of it. */
export interface Row {
  readonly symbol: string;
  readonly name: string;
  /** The exchange's time zone, as IANA names it; empty where it is not known. */
  readonly zone: string;
  readonly entry: Entry | undefined;
  readonly decimals: number;
  /** The last move of the last price: 1 up, -1 down, 0 not known. Arrow and flash show it. */
  readonly tick: -1 | 0 | 1;
  /** The server does not know this symbol. */
  readonly unknown: boolean;
  /** The price is one of a recording that is played. */
  readonly replayed?: boolean;
}

/**
 * live: the price is current. stale, halted, closed, down: the server's word for why it is not. old: the connection was
 * lost after the price had come, and it has not been confirmed since. empty: there is no quote yet. unknown: the server
 * has no such symbol.
 */
export type RowState = "live" | "stale" | "halted" | "closed" | "down" | "old" | "empty" | "unknown";

/** The states as the reader sees them. */
const stateNames: Readonly<Record<RowState, string>> = {
  live: "Live",
  stale: "Stale",
  halted: "Halted",
  closed: "Closed",
  down: "Down",
  old: "Not live",
  empty: "No quote",
  unknown: "Unknown",
};

/**
 * The state of a row as the reader sees it. A price of a recording is never called live, and one is in doubt if a split of which
 * nobody knows would explain it.
 */
export const stateName = (
  state: RowState,
  { replayed }: Pick<Row, "replayed">,
  { why }: Partial<WireQuote>,
): string => {
  if (state === "live" && replayed) return "Replayed";
  return state === "stale" && why === "in doubt" ? "In doubt" : stateNames[state];
};

/** The state of a row in the reader's words. */
export const stateWord = (row: Row): string => stateName(stateOf(row), row, row.entry?.quote ?? {});

/** What the cells of a row are painted from. It is worked out once for all of them. */
export interface RowView {
  readonly row: Row;
  readonly quote: Partial<WireQuote>;
  readonly state: RowState;
  /** The last price less the previous close. */
  readonly change: number | undefined;
  readonly percent: number | null;
  /** How old the price is, in ms. */
  readonly age: number;
  /** In ms since the Unix epoch. */
  readonly now: number;
  /** Changed values do not flash, since the row was out of sight or another symbol's, or its price is not live. */
  readonly quiet: boolean;
  readonly format: Format;
}

/** What `viewOf` needs beside the row. `quiet` is for a row that was out of sight, or another symbol's. */
export interface ViewOptions {
  readonly format: Format;
  readonly age: number;
  readonly now: number;
  readonly quiet: boolean;
}

/** The row as it is to be painted now. */
export function viewOf(row: Row, { format, age, now, quiet }: ViewOptions): RowView {
  const quote: Partial<WireQuote> = row.entry?.quote ?? {};
  const { p, pc } = quote;
  const state = stateOf(row);
  const both = p !== undefined && pc !== undefined;
  return {
    row,
    quote,
    state,
    change: both ? change(p, pc) : undefined,
    percent: both ? changePercent(p, pc) : null,
    age,
    now,
    quiet: quiet || state !== "live",
    format,
  };
}

/** Whether the price of a row is live, and why not. */
export function stateOf({ entry, unknown }: Row): RowState {
  if (unknown) return "unknown";
  if (!entry) return "empty";
  if (!entry.confirmed) return "old";
  const { st } = entry.quote;
  if (st === undefined) return "live";
  return Object.hasOwn(stateNames, st) ? (st as RowState) : "stale"; // a status of a newer server: do not call it live
}

/** ms without a change after which a live price is dimmed a little, and after which it is dimmed more. */
export const agingAfter = [60_000, 900_000] as const;

/** How much a price is dimmed: 0 (not), 1 or 2. */
export const ageStep = (ms: number): number => agingAfter.filter((limit) => ms >= limit).length;

import { change, changePercent, type WireQuote } from "tickertape-client";
import type { Column } from "../../columns/layout.ts";
import { age, dash, type Format } from "../../format.ts";
import type { Row } from "../../model/market.ts";
import { rangePosition, spread } from "../../model/ranking.ts";
import { div, drawing, mark, put, write } from "./dom.ts";
import type { Tints } from "./tints.ts";

/** What a row is painted from. */
export interface RowView {
  readonly row: Row;
  readonly quote: Partial<WireQuote>;
  readonly state: RowState;
  readonly moved: number | undefined;
  readonly percent: number | null;
  /** How old the price is, in ms. */
  readonly age: number;
  readonly now: number;
  /** Nothing changed for the reader: the row is another symbol's now, or its price is not live. */
  readonly quietly: boolean;
  readonly format: Format;
}

/** live, one of the server's words, old: not vouched for, empty: no quote yet, unknown: never heard of. */
export type RowState = "live" | "stale" | "halted" | "closed" | "down" | "old" | "empty" | "unknown";

export interface Cell {
  readonly element: HTMLElement;
  paint(view: RowView): void;
  /** The row is another symbol's now. */
  calm?(): void;
  /** How many characters it must show, where a column grows with them. */
  characters?(): number;
}

export const stateNames: Readonly<Record<RowState, string>> = {
  live: "Live",
  stale: "Stale",
  halted: "Halted",
  closed: "Closed",
  down: "Down",
  old: "Not live",
  empty: "No quote",
  unknown: "Unknown",
};

/** From when on a live price is shown as an old one, in ms: nobody has traded it since. */
export const aging = [60_000, 900_000] as const;

export const ageStep = (ms: number): string => String(aging.filter((limit) => ms >= limit).length);

export function viewOf(row: Row, format: Format, ageOf: (row: Row) => number, now: number, rebound: boolean): RowView {
  const { entry, unknown } = row;
  const quote: Partial<WireQuote> = entry?.quote ?? {};
  const { p, pc, st } = quote;
  const both = p !== undefined && pc !== undefined;
  const state = unknown
    ? "unknown"
    : !entry
      ? "empty"
      : !entry.confirmed
        ? "old"
        : st === undefined
          ? "live"
          : Object.hasOwn(stateNames, st)
            ? (st as RowState)
            : "stale";
  return {
    row,
    quote,
    state,
    moved: both ? change(p, pc) : undefined,
    percent: both ? changePercent(p, pc) : null,
    age: entry ? ageOf(row) : 0,
    now,
    quietly: rebound || state !== "live",
    format,
  };
}

type Made = Omit<Cell, "element">;
type Painter = (cell: HTMLElement, tints: Tints) => Made;

/** A number in a cell that is tinted when it changes. */
const figure =
  (
    value: (view: RowView) => number | undefined,
    show: (value: number, view: RowView) => string,
    directed = false,
  ): Painter =>
  (cell, tints) => {
    const text = put(cell, "value");
    const tint = tints.of(cell, directed);
    return {
      paint(view) {
        const number = value(view);
        write(text, number === undefined ? dash : show(number, view));
        tint.follow(number, view.quietly);
      },
      calm: tint.calm,
      characters: () => text.data.length,
    };
  };

const price = (key: "b" | "a" | "vw", decimals = 0) =>
  figure(
    ({ quote }) => quote[key],
    (value, { row, format }) => format.price(value, row.decimals + decimals),
  );

/** What was traded outside the session, and its change from the session's last price. */
const extended = ({ quote: { x, p }, row: { decimals }, format }: RowView): string => {
  if (x === undefined) return "";
  const percent = p === undefined ? null : changePercent(x, p);
  return `Ext ${format.price(x, decimals)}${percent === null ? "" : ` ${format.percent(percent)}`}`;
};

const painters: Readonly<Record<Exclude<Column, "spark">, Painter>> = {
  symbol(cell) {
    const ticker = put(cell, "ticker");
    const status = put(cell, "status");
    return {
      paint({ row, state }) {
        write(ticker, row.symbol);
        write(status, ["stale", "halted", "closed", "down"].includes(state) ? stateNames[state] : "");
      },
      characters: () => ticker.data.length + (status.data === "" ? 0 : status.data.length + 3),
    };
  },

  name(cell) {
    const name = put(cell, "company");
    const ext = put(cell, "extended", "Last price outside the regular session, and its change from the close");
    const source = put(cell, "source", "Which source these prices are from");
    return {
      paint(view) {
        const { row, state, quote } = view;
        const none = state === "empty" && row.name === "" ? "No quote yet" : row.name;
        write(name, state === "unknown" ? "Unknown symbol" : none);
        write(ext, extended(view));
        write(source, quote.src ?? "");
      },
    };
  },

  last: figure(
    ({ quote }) => quote.p,
    (value, { row, format }) => format.price(value, row.decimals),
    true,
  ),
  change: figure(
    ({ moved }) => moved,
    (value, { row, format }) => format.change(value, row.decimals),
  ),
  percent: figure(
    ({ percent }) => (percent === null ? undefined : Math.round(percent * 100) / 100),
    (value, { format }) => format.percent(value),
  ),
  bid: price("b"),
  ask: price("a"),
  spread: figure(
    ({ quote }) => spread(quote.b, quote.a) ?? undefined,
    (value, { row, format }) => format.price(value, row.decimals),
  ),
  volume: figure(
    ({ quote }) => quote.v,
    (value, { format }) => format.volume(value),
  ),
  vwap: price("vw"),

  range(cell) {
    const low = put(cell, "low");
    const track = div("track");
    track.append(div("at"));
    cell.append(track);
    const high = put(cell, "high");
    return {
      paint({ quote: { p, l, h }, row: { decimals }, format }) {
        write(low, l === undefined ? "" : format.price(l, decimals));
        write(high, h === undefined ? "" : format.price(h, decimals));
        const position = rangePosition(p, l, h);
        track.hidden = position === null;
        const place = position === null ? "" : position.toFixed(2);
        if (track.dataset["at"] === place) return;
        track.dataset["at"] = place;
        track.style.setProperty("--at", place);
      },
      characters: () => Math.max(low.data.length, high.data.length),
    };
  },

  time(cell) {
    const text = put(cell);
    let title = "";
    return {
      paint({ quote: { t }, row: { zone }, format, now }) {
        write(text, t === undefined ? dash : format.time(t / 1000, zone, now));
        // The date and the zone are looked up when somebody points at it.
        title = t === undefined ? "" : String(t / 1000);
        mark(cell, "at", title === "" ? null : title);
      },
    };
  },

  status(cell) {
    const text = put(cell, "word");
    const since = put(cell, "since");
    return {
      paint({ state, age: ms, quote }) {
        write(text, stateNames[state]);
        const timed = quote.t !== undefined && (state !== "live" || ms >= aging[0]);
        write(since, timed ? age(ms, false) : "");
      },
    };
  },
};

/** The spark cell is drawn by the grid, which knows what is in sight. */
export const createCell = (column: Column, cell: HTMLElement, tints: Tints): Cell =>
  column === "spark" ? { element: cell, paint() {} } : { element: cell, ...painters[column](cell, tints) };

export function createRemove(cell: HTMLElement): HTMLButtonElement {
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "remove-button";
  remove.tabIndex = -1; // the Delete key is the keyboard's way; one tab stop for the whole grid
  remove.append(drawing("M4.5 4.5l7 7m0-7l-7 7"));
  cell.append(remove);
  return remove;
}

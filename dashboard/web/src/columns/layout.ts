/** The columns of the table, by what they show. */
export const columnIds = [
  "symbol",
  "name",
  "last",
  "change",
  "percent",
  "bid",
  "ask",
  "spread",
  "volume",
  "vwap",
  "range",
  "spark",
  "time",
  "status",
] as const;

export type Column = (typeof columnIds)[number];

export interface ColumnSpec {
  readonly id: Column;
  readonly label: string;
  readonly title: string;
  /** In rem, with as many characters in it as `fits` says. */
  readonly width: number;
  readonly least: number;
  /** What is left of the window goes to these, in these parts. */
  readonly grows?: number;
  /** Characters that fit the width; a column that must show more is widened: half a price is another price. */
  readonly fits?: number;
}

export const columnSpecs: Readonly<Record<Column, ColumnSpec>> = {
  symbol: { id: "symbol", label: "Symbol", title: "Symbol", width: 6.5, least: 4.5, fits: 10 },
  name: { id: "name", label: "Name", title: "Name", width: 7, least: 4, grows: 1 },
  last: { id: "last", label: "Last", title: "Price of the last trade", width: 6, least: 4.5, fits: 8 },
  change: { id: "change", label: "Change", title: "Last price less the previous close", width: 5, least: 4, fits: 7 },
  percent: {
    id: "percent",
    label: "Change %",
    title: "Change in percent of the previous close",
    width: 5.75,
    least: 4,
    fits: 7,
  },
  bid: { id: "bid", label: "Bid", title: "Best bid", width: 5.25, least: 4, fits: 8 },
  ask: { id: "ask", label: "Ask", title: "Best ask", width: 5.25, least: 4, fits: 8 },
  spread: { id: "spread", label: "Spread", title: "Ask less bid", width: 4.5, least: 4, fits: 6 },
  volume: { id: "volume", label: "Volume", title: "Volume of the session", width: 4.75, least: 4 },
  vwap: {
    id: "vwap",
    label: "VWAP",
    title: "Average price of the session, weighted by volume",
    width: 5.5,
    least: 4,
    fits: 8,
  },
  range: {
    id: "range",
    label: "Day range",
    title: "Low and high of the session, and where the last price stands between them",
    width: 12,
    least: 10,
    grows: 0.6,
    fits: 8,
  },
  spark: {
    id: "spark",
    label: "Day",
    title: "The session’s prices, and the previous close as a line",
    width: 7,
    least: 4,
  },
  time: { id: "time", label: "Last trade", title: "Time of the last change", width: 5.75, least: 4.75 },
  status: {
    id: "status",
    label: "Status",
    title: "Whether the price is live, and how old it is",
    width: 6,
    least: 4.5,
  },
};

/** Which columns are shown, in which order and how wide. */
export interface Layout {
  readonly order: readonly Column[];
  readonly hidden: readonly Column[];
  /** In rem; only those that the reader has set. */
  readonly widths: Readonly<Partial<Record<Column, number>>>;
}

export const defaultLayout: Layout = {
  order: [
    "symbol",
    "name",
    "last",
    "change",
    "percent",
    "spark",
    "bid",
    "ask",
    "spread",
    "volume",
    "vwap",
    "range",
    "time",
    "status",
  ],
  hidden: ["spread", "vwap", "status"],
  widths: {},
};

const widest = 40;

export const isColumn = (value: unknown): value is Column => columnIds.some((id) => id === value);

/** What can be read of a stored layout; columns that it does not know come where they are by default. */
export function readLayout(value: unknown): Layout {
  if (typeof value !== "object" || value === null) return defaultLayout;
  const { order, hidden, widths } = value as Record<string, unknown>;
  const known = [...new Set(Array.isArray(order) ? order.filter(isColumn) : [])];
  const all = known.length === 0 ? [...defaultLayout.order] : known;
  for (const [index, id] of defaultLayout.order.entries()) if (!all.includes(id)) all.splice(index, 0, id);
  const sizes: Partial<Record<Column, number>> = {};
  for (const [id, width] of Object.entries(typeof widths === "object" && widths !== null ? widths : {})) {
    if (isColumn(id) && typeof width === "number" && Number.isFinite(width)) sizes[id] = clampWidth(id, width);
  }
  return {
    order: all,
    hidden: Array.isArray(hidden) ? hidden.filter(isColumn).filter((id) => id !== "symbol") : defaultLayout.hidden,
    widths: sizes,
  };
}

const clampWidth = (id: Column, width: number): number =>
  Math.min(widest, Math.max(columnSpecs[id].least, Math.round(width * 16) / 16));

export const visibleColumns = (layout: Layout): readonly Column[] =>
  layout.order.filter((id) => !layout.hidden.includes(id));

/** Shows a hidden column or hides a shown one; the symbol always stays. */
export function toggleColumn(layout: Layout, id: Column): Layout {
  if (id === "symbol") return layout;
  const hidden = layout.hidden.includes(id) ? layout.hidden.filter((other) => other !== id) : [...layout.hidden, id];
  return { ...layout, hidden };
}

/** Moves a column to the place of another one that is shown. */
export function moveColumn(layout: Layout, id: Column, to: Column): Layout {
  if (id === to) return layout;
  const from = layout.order.indexOf(id);
  const at = layout.order.indexOf(to);
  const order = layout.order.filter((other) => other !== id);
  order.splice(order.indexOf(to) + (from < at ? 1 : 0), 0, id);
  return { ...layout, order };
}

/** Moves a column past its neighbour among those that are shown. */
export function shiftColumn(layout: Layout, id: Column, by: -1 | 1): Layout {
  const shown = visibleColumns(layout);
  const to = shown[shown.indexOf(id) + by];
  return to === undefined ? layout : moveColumn(layout, id, to);
}

/** Sets a width in rem; null is the one that it has by itself. */
export function resizeColumn(layout: Layout, id: Column, width: number | null): Layout {
  const { [id]: _, ...widths } = layout.widths;
  return { ...layout, widths: width === null ? widths : { ...widths, [id]: clampWidth(id, width) } };
}

const character = 0.53125; // rem of a digit at its widest: of the bold last price

/** The columns as a track list of CSS, and the least width of a row in rem; extra are characters beyond what fits. */
export function tracks(
  layout: Layout,
  extra: ReadonlyMap<Column, number>,
): { readonly template: string; readonly least: number } {
  let least = 0;
  const template = visibleColumns(layout).map((id) => {
    const { width, grows } = columnSpecs[id];
    const set = layout.widths[id];
    const more = (extra.get(id) ?? 0) * character * (id === "range" ? 2 : 1);
    const basis = set ?? width + more;
    least += basis;
    return grows !== undefined && set === undefined ? `minmax(${basis}rem, ${grows}fr)` : `${basis}rem`;
  });
  return { template: template.join(" "), least };
}

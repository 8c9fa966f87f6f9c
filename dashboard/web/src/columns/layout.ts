import { type ColumnId, columnIds, columnOf, isColumn } from "./registry.ts";

/** Which columns are shown, in which order and how wide. */
export interface Layout {
  readonly order: readonly ColumnId[];
  readonly hidden: readonly ColumnId[];
  /** In rem; only those that the reader has set. */
  readonly widths: Readonly<Partial<Record<ColumnId, number>>>;
}

/** The layout of the first visit. */
export const defaultLayout: Layout = {
  order: columnIds,
  hidden: columnIds.filter((id) => columnOf(id).hidden),
  widths: {},
};

const widest = 40; // rem

/** Reads a stored layout. Columns that it does not name, as new ones, go where they are in the default layout. */
export function readLayout(value: unknown): Layout {
  if (typeof value !== "object" || value === null) return defaultLayout;
  const { order, hidden, widths } = value as Record<string, unknown>;
  const known = [...new Set(Array.isArray(order) ? order.filter(isColumn) : [])];
  const all = known.length === 0 ? [...defaultLayout.order] : known;
  for (const [index, id] of defaultLayout.order.entries()) if (!all.includes(id)) all.splice(index, 0, id);
  const sizes: Partial<Record<ColumnId, number>> = {};
  for (const [id, width] of Object.entries(typeof widths === "object" && widths !== null ? widths : {})) {
    if (isColumn(id) && typeof width === "number" && Number.isFinite(width)) sizes[id] = clampWidth(id, width);
  }
  return {
    order: all,
    hidden: Array.isArray(hidden) ? hidden.filter(isColumn).filter((id) => id !== "symbol") : defaultLayout.hidden,
    widths: sizes,
  };
}

const clampWidth = (id: ColumnId, width: number): number =>
  Math.min(widest, Math.max(columnOf(id).least, Math.round(width * 16) / 16));

/** The columns that are shown, in their order. */
export const visibleColumns = (layout: Layout): readonly ColumnId[] =>
  layout.order.filter((id) => !layout.hidden.includes(id));

/** Shows a hidden column or hides a shown one; the symbol always stays. */
export function toggleColumn(layout: Layout, id: ColumnId): Layout {
  if (id === "symbol") return layout;
  const hidden = layout.hidden.includes(id) ? layout.hidden.filter((other) => other !== id) : [...layout.hidden, id];
  return { ...layout, hidden };
}

/** Moves a column to the place of another one that is shown. */
export function moveColumn(layout: Layout, id: ColumnId, to: ColumnId): Layout {
  if (id === to) return layout;
  const from = layout.order.indexOf(id);
  const at = layout.order.indexOf(to);
  const order = layout.order.filter((other) => other !== id);
  order.splice(order.indexOf(to) + (from < at ? 1 : 0), 0, id);
  return { ...layout, order };
}

/** Moves a column past its neighbour among those that are shown. */
export function shiftColumn(layout: Layout, id: ColumnId, by: -1 | 1): Layout {
  const shown = visibleColumns(layout);
  const to = shown[shown.indexOf(id) + by];
  return to === undefined ? layout : moveColumn(layout, id, to);
}

/** Sets a width in rem, within bounds; null gives the column its own width back. */
export function resizeColumn(layout: Layout, id: ColumnId, width: number | null): Layout {
  const { [id]: _, ...widths } = layout.widths;
  return { ...layout, widths: width === null ? widths : { ...widths, [id]: clampWidth(id, width) } };
}

const character = 0.53125; // rem: a digit of the last price, which is bold

/** The columns as a CSS track list, and the least width of a row in rem. `extra` is characters beyond what fits. */
export function tracks(
  layout: Layout,
  extra: ReadonlyMap<ColumnId, number>,
): { readonly template: string; readonly least: number } {
  let least = 0;
  const template = visibleColumns(layout).map((id) => {
    const { width, grows, texts = 1 } = columnOf(id);
    const set = layout.widths[id];
    const more = (extra.get(id) ?? 0) * character * texts;
    const basis = set ?? width + more;
    least += basis;
    return grows !== undefined && set === undefined ? `minmax(${basis}rem, ${grows}fr)` : `${basis}rem`;
  });
  return { template: template.join(" "), least };
}

import { type Row, type RowState, type RowView, stateOf, type ViewOptions, viewOf } from "../../columns/row.ts";

/** A live price of a page that is not live is an old one. */
const stateIn = (state: RowState, live: boolean): RowState => (live || state !== "live" ? state : "old");

/** The state of a row on a page that is live, or is not. */
export const shownState = (row: Row, live: boolean): RowState => stateIn(stateOf(row), live);

/** The row as it is to be shown now, wherever that is. `live` says whether the page is. */
export function shownView(row: Row, { live, ...options }: ViewOptions & { readonly live: boolean }): RowView {
  const view = viewOf(row, options);
  const state = stateIn(view.state, live);
  return state === view.state ? view : { ...view, state, quiet: true };
}

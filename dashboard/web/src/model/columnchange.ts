import type { Layout } from "../columns/layout.ts";
import { type ColumnId, columnIds } from "../columns/registry.ts";
import type { History } from "./history.ts";
import { placeOf, putAt } from "./lists.ts";
import type { SavedWorkspace } from "./savedworkspace.ts";

type Order = readonly ColumnId[];

/** What leads from one order to another. A column that has moved alone is moved by itself. */
function orderChange(before: Order, next: Order): (now: Order) => Order {
  if (before.join() === next.join()) return (now) => now;
  const without = (order: Order, id: ColumnId) => order.filter((other) => other !== id).join();
  const moved = columnIds.find((id) => without(before, id) === without(next, id));
  return (now) => (moved ? putAt(now, moved, placeOf(next, moved)) : next);
}

/** What leads from one layout to another, to be applied to a layout that another window has changed meanwhile. */
export function layoutChange(before: Layout, next: Layout): (now: Layout) => Layout {
  const order = orderChange(before.order, next.order);
  const changed = (has: (layout: Layout, id: (typeof columnIds)[number]) => unknown) =>
    columnIds.filter((id) => has(before, id) !== has(next, id));
  const toggled = changed(({ hidden }, id) => hidden.includes(id));
  const sized = changed(({ widths }, id) => widths[id]);
  return (now) => {
    const others = Object.entries(now.widths).filter(([id]) => !sized.some((one) => one === id));
    const sizes = sized.flatMap((id) => (next.widths[id] === undefined ? [] : [[id, next.widths[id]]]));
    return {
      order: order(now.order),
      hidden: columnIds.filter((id) => (toggled.includes(id) ? next : now).hidden.includes(id)),
      widths: Object.fromEntries([...others, ...sizes]),
    };
  };
}

/** Whether two layouts differ in nothing but widths. */
const onlyWidths = (one: Layout, other: Layout): boolean =>
  one.order.join() === other.order.join() && [...one.hidden].sort().join() === [...other.hidden].sort().join();

/** Where the columns are kept, and where they can be undone. */
export interface LayoutOptions {
  readonly saved: Pick<SavedWorkspace, "layout" | "changeLayout">;
  readonly history: Pick<History, "run">;
}

/** Changes the columns to those of `next`, as far as these differ from what is there. */
export function setLayout({ saved, history }: LayoutOptions, next: Layout): void {
  const before = saved.layout.peek();
  if (JSON.stringify(next) === JSON.stringify(before)) return;
  const [change, back] = [layoutChange(before, next), layoutChange(next, before)];
  history.run({
    text: "Columns changed",
    do: () => saved.changeLayout(change),
    undo: () => saved.changeLayout(back),
    ...(onlyWidths(before, next) && { group: "widths" }), // a key that is held down is one change
  });
}

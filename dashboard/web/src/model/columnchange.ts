import type { Layout } from "../columns/layout.ts";
import { columnIds } from "../columns/registry.ts";

/** What leads from one layout to another, to be applied to a layout that another window has changed meanwhile. */
export function layoutChange(before: Layout, next: Layout): (now: Layout) => Layout {
  const sameOrder = before.order.join() === next.order.join();
  const changed = (has: (layout: Layout, id: (typeof columnIds)[number]) => unknown) =>
    columnIds.filter((id) => has(before, id) !== has(next, id));
  const toggled = changed(({ hidden }, id) => hidden.includes(id));
  const sized = changed(({ widths }, id) => widths[id]);
  return (now) => {
    const others = Object.entries(now.widths).filter(([id]) => !sized.some((one) => one === id));
    const sizes = sized.flatMap((id) => (next.widths[id] === undefined ? [] : [[id, next.widths[id]]]));
    return {
      order: sameOrder ? now.order : next.order,
      hidden: columnIds.filter((id) => (toggled.includes(id) ? next : now).hidden.includes(id)),
      widths: Object.fromEntries([...others, ...sizes]),
    };
  };
}

/** Whether two layouts differ in nothing but widths. */
export const onlyWidths = (one: Layout, other: Layout): boolean =>
  one.order.join() === other.order.join() && [...one.hidden].sort().join() === [...other.hidden].sort().join();

import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { type Layout, resizeColumn, shiftColumn, toggleColumn, visibleColumns } from "../../columns/layout.ts";
import { type ColumnId, columnOf } from "../../columns/registry.ts";
import { rootFontSize } from "../grid/dom.ts";
import { DownIcon, MinusIcon, PlusIcon, UpIcon } from "../icons.tsx";
import type { DialogProps } from "../services.ts";
import { Dialog } from "./dialog.tsx";

const widthStep = 1; // rem

/** Shows, moves and sizes columns with buttons, for fingers, which cannot drag headers. */
export function ColumnsDialog({ services: { id: prefix, workspace }, close }: DialogProps) {
  const layout = workspace.layout.value;
  const shown = visibleColumns(layout);
  const pressed = useRef<HTMLElement | null>(null);
  // An element that is moved loses the focus.
  useLayoutEffect(() => pressed.current?.focus(), [layout]);

  const button = (label: string, icon: JSX.Element, change: () => Layout) => (
    <button
      type="button"
      class="quiet"
      aria-label={label}
      title={label}
      aria-disabled={change() === layout}
      onClick={(event) => {
        pressed.current = event.currentTarget;
        workspace.setLayout(change());
      }}
    >
      {icon}
    </button>
  );
  /** The width of a column on the screen, in rem: one that grows is wider than it is set to. */
  const widthOf = (id: ColumnId): number => {
    const header = document.getElementById(`${prefix}-head-${id}`);
    const onScreen = (header?.getBoundingClientRect().width ?? 0) / rootFontSize();
    return onScreen || (layout.widths[id] ?? columnOf(id).width);
  };
  const row = (id: ColumnId) => {
    const { label } = columnOf(id);
    const on = shown.includes(id);
    const sized = (by: number) => () => {
      if (!on) return layout;
      const [now, next] = [0, by].map((more) => resizeColumn(layout, id, widthOf(id) + more));
      return next && next.widths[id] !== now?.widths[id] ? next : layout; // the bounds are the same for both
    };
    const moved = (by: -1 | 1) => () => (on ? shiftColumn(layout, id, by) : layout);
    return (
      <li key={id}>
        <label>
          <input
            type="checkbox"
            checked={on}
            disabled={id === "symbol"}
            onChange={(event) => {
              pressed.current = event.currentTarget;
              workspace.setLayout(toggleColumn(layout, id));
            }}
          />
          {label}
        </label>
        {button(`${label}: narrower`, <MinusIcon />, sized(-widthStep))}
        {button(`${label}: wider`, <PlusIcon />, sized(widthStep))}
        {button(`${label}: earlier`, <UpIcon />, moved(-1))}
        {button(`${label}: later`, <DownIcon />, moved(1))}
      </li>
    );
  };
  return (
    <Dialog title="Arrange the columns" close={close}>
      <ul class="arrange">{layout.order.map(row)}</ul>
    </Dialog>
  );
}

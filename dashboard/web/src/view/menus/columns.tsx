import { defaultLayout, toggleColumn } from "../../columns/layout.ts";
import { columnOf } from "../../columns/registry.ts";
import type { OpenMenuProps } from "../services.ts";
import { type MenuItem, Popup } from "./popup.tsx";

/** Chooses which columns are shown. The symbol always is. */
export function ColumnMenu({ services: { workspace, shell }, close }: OpenMenuProps) {
  const items = (): readonly MenuItem[] => {
    const layout = workspace.layout.value;
    const check = (id: (typeof layout.order)[number]): MenuItem => ({
      kind: "check",
      label: columnOf(id).label,
      checked: !layout.hidden.includes(id),
      run: () => workspace.setLayout(toggleColumn(layout, id)),
    });
    return [
      ...layout.order.filter((id) => id !== "symbol").map(check),
      { kind: "rule" },
      {
        kind: "action",
        label: "Arrange the columns…",
        run: () => {
          shell.dialog.value = "columns";
        },
      },
      { kind: "action", label: "Reset the columns", run: () => workspace.setLayout(defaultLayout) },
    ];
  };
  return <Popup label="Columns" items={items()} end close={close} />;
}

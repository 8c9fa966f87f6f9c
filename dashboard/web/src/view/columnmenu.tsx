import { defaultLayout, toggleColumn } from "../columns/layout.ts";
import { columnOf } from "../columns/registry.ts";
import { ColumnsIcon } from "./icons.tsx";
import { Menu, type MenuItem } from "./menu.tsx";
import type { Services } from "./services.ts";

/** Chooses which columns are shown. The symbol always is. */
export function ColumnMenu({ services: { workspace, shell } }: { readonly services: Services }) {
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
      { kind: "action", label: "Reset the columns", run: () => workspace.setLayout(defaultLayout) },
    ];
  };
  return (
    <Menu label="Columns" title="Columns (Shift+C)" items={items} end open={shell.columnMenu}>
      <ColumnsIcon />
      <span>Columns</span>
    </Menu>
  );
}

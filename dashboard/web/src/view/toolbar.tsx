import type { Signal } from "@preact/signals";
import { defaultLayout, toggleColumn } from "../columns/layout.ts";
import { columnOf } from "../columns/registry.ts";
import { type Choice, sameChoice } from "../model/lists.ts";
import { ColumnsIcon, DownIcon, FilterIcon } from "./icons.tsx";
import { Menu, type MenuItem } from "./menu.tsx";
import type { Services } from "./services.ts";

export interface ToolbarProps {
  readonly services: Services;
  readonly lists: Signal<boolean>;
  readonly columns: Signal<boolean>;
  /** Whether the order would be another one if nobody held it. */
  readonly held: boolean;
}

const count = (symbols: number) => String(symbols);

/** What is looked at: which list, what of it, in which columns. */
export function Toolbar({ services, lists, columns, held }: ToolbarProps) {
  const { workspace, market, dialog, format } = services;
  const { choice } = workspace;
  const shown = workspace.symbols.value;
  const text = workspace.filter.value;
  const left = text.trim() === "" ? null : workspace.ranked().length;

  const radio = (label: string, to: Choice, hint?: string): MenuItem => ({
    kind: "radio",
    label,
    hint,
    checked: sameChoice(to, choice.value),
    run: () => workspace.choose(to),
  });
  const ask = (label: string, name: NonNullable<typeof dialog.value>): MenuItem => ({
    kind: "action",
    label,
    run: () => {
      dialog.value = name;
    },
  });

  const listItems = (): readonly MenuItem[] => {
    const own = workspace.library.own.value;
    const served = workspace.library.served.value?.watchlists ?? [];
    const sectors = [...workspace.library.sectors.value];
    const now = choice.value;
    return [
      ...(now?.kind === "shared" ? [radio(workspace.title.value, now, "from the address")] : []),
      ...(own.length > 0 ? [{ kind: "heading" as const, label: "Your lists" }] : []),
      ...own.map(({ name, symbols }) => radio(name, { kind: "own", name }, count(symbols.length))),
      { kind: "heading", label: "Lists of this server" },
      ...served.map(({ name, symbols }) => radio(name, { kind: "server", name }, count(symbols.length))),
      radio(
        "All symbols",
        { kind: "all" },
        market.directory.all.value ? count(market.directory.all.value.length) : undefined,
      ),
      ...(sectors.length > 0 ? [{ kind: "heading" as const, label: "Sectors" }] : []),
      ...sectors.map(([name, symbols]) => radio(name, { kind: "sector", name }, count(symbols.length))),
      { kind: "line" },
      ask("New list…", "new"),
      ...(now?.kind === "own"
        ? [
            ask("Rename…", "rename"),
            { kind: "action" as const, label: "Delete this list", run: () => workspace.discard(now.name) },
          ]
        : [
            {
              kind: "action" as const,
              label: "Keep a copy",
              run: () => workspace.copy(workspace.title.value || "My list"),
            },
          ]),
      { kind: "line" },
      ask("Share as a link…", "share"),
      ask("Import…", "import"),
      ask("Export as text…", "export"),
    ];
  };

  const columnItems = (): readonly MenuItem[] => {
    const layout = workspace.layout.value;
    return [
      ...layout.order
        .filter((id) => id !== "symbol")
        .map(
          (id): MenuItem => ({
            kind: "check",
            label: columnOf(id).label,
            checked: !layout.hidden.includes(id),
            run: () => workspace.setLayout(toggleColumn(layout, id)),
          }),
        ),
      { kind: "line" },
      { kind: "action", label: "As they were at first", run: () => workspace.setLayout(defaultLayout) },
    ];
  };

  return (
    <section class="toolbar" aria-label="View">
      <Menu
        label="Lists"
        title="Lists (Shift+L)"
        className="list-name"
        items={listItems}
        open={lists}
        onOpen={() => void market.directory.loadAll()}
      >
        <span class="name">{workspace.title.value || "Lists"}</span>
        {shown && <span class="size">{format.value.count(shown.length)}</span>}
        <DownIcon />
      </Menu>
      {choice.value?.kind === "shared" && (
        <button type="button" class="tool" onClick={() => workspace.copy(workspace.title.value)}>
          Keep this list
        </button>
      )}
      <div class="filter" data-on={text !== ""}>
        <FilterIcon />
        <input
          type="text"
          aria-label="Filter the list"
          placeholder="Type to filter"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => {
            workspace.filter.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              workspace.filter.value = "";
              event.currentTarget.blur();
            } else if (event.key === "ArrowDown" || event.key === "Enter") {
              document.querySelector<HTMLElement>(".grid")?.focus();
            } else return;
            event.preventDefault();
          }}
        />
        {left !== null && (
          <span class="found" role="status">
            {format.value.count(left)} of {format.value.count(shown?.length ?? 0)}
          </span>
        )}
      </div>
      <span class="held" data-on={held}>
        Order held
      </span>
      <Menu label="Columns" title="Columns (Shift+C)" items={columnItems} end open={columns}>
        <ColumnsIcon />
        <span>Columns</span>
      </Menu>
    </section>
  );
}

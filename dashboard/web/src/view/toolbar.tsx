import { ColumnsIcon, DownIcon, FilterIcon } from "./icons.tsx";
import { Menu } from "./menu.tsx";
import { PassingButton } from "./passing.tsx";
import type { Services } from "./services.ts";

/** Which list is shown, what of it, and in which columns. */
export function Toolbar({ services }: { readonly services: Services }) {
  const { workspace, shell, format } = services;
  const shown = workspace.symbols.value;
  return (
    <section class="toolbar" aria-label="View">
      <Menu services={services} name="ListMenu" title="Lists (Shift+L)" className="list-name" open={shell.listMenu}>
        <span class="name">{workspace.title.value || "Lists"}</span>
        {shown && <span class="size">{format.value.count(shown.length)}</span>}
        <DownIcon />
      </Menu>
      {workspace.choice.value?.kind === "shared" && (
        <PassingButton class="tool" onClick={() => workspace.copy(workspace.title.value)}>
          Keep this list
        </PassingButton>
      )}
      <Filter services={services} />
      <span
        class="held"
        data-on={shell.held.value}
        title="Rows keep their places while the pointer or the active cell is on them"
      >
        Order held
      </span>
      <Menu services={services} name="ColumnMenu" title="Columns (Shift+C)" open={shell.columnMenu}>
        <ColumnsIcon />
        <span>Columns</span>
      </Menu>
    </section>
  );
}

function Filter({ services: { workspace, format } }: { readonly services: Services }) {
  const { filter, symbols } = workspace;
  const text = filter.value;
  const onKeyDown = (event: KeyboardEvent & { readonly currentTarget: HTMLInputElement }) => {
    if (event.key === "Escape") {
      filter.value = "";
      event.currentTarget.blur();
    } else if (event.key === "ArrowDown" || event.key === "Enter") {
      event.currentTarget.closest("main")?.querySelector<HTMLElement>(".grid")?.focus();
    } else return;
    event.preventDefault();
  };
  return (
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
          filter.value = event.currentTarget.value;
        }}
        onKeyDown={onKeyDown}
      />
      <span class="found" role="status">
        {text.trim() !== "" &&
          `${format.value.count(workspace.matching.value.length)} of ${format.value.count(symbols.value?.length ?? 0)}`}
      </span>
    </div>
  );
}

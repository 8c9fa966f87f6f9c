import { useEffect } from "preact/hooks";
import { type Choice, sameChoice } from "../../model/lists.ts";
import type { DialogName, OpenMenuProps } from "../services.ts";
import { type MenuItem, Popup } from "./popup.tsx";

const rule: MenuItem = { kind: "rule" };
const heading = (label: string): MenuItem => ({ kind: "heading", label });
const action = (label: string, run: () => void): MenuItem => ({ kind: "action", label, run });

/** Chooses one of all lists, and does something with the one that is shown. */
export function ListMenu({ services, close }: OpenMenuProps) {
  const { workspace, market, shell } = services;
  const { count } = services.format.value;
  const { library } = workspace;
  useEffect(() => void market.directory.loadAll(), [market]); // for the sectors

  const radio = (label: string, to: Choice, hint?: string): MenuItem => ({
    kind: "radio",
    label,
    hint,
    checked: sameChoice(to, workspace.choice.value),
    run: () => workspace.choose(to),
  });
  const list = (kind: "server" | "sector", name: string, symbols: readonly string[]) =>
    radio(name, { kind, name }, count(symbols.length));
  const ask = (label: string, name: DialogName) =>
    action(label, () => {
      shell.dialog.value = name;
    });

  const items = (): readonly MenuItem[] => {
    const choice = workspace.choice.value;
    const own = library.own.value.map(({ id, name, symbols }) =>
      radio(name, { kind: "own", id }, count(symbols.length)),
    );
    const served = (library.served.value?.watchlists ?? []).map(({ name, symbols }) => list("server", name, symbols));
    const sectors = [...library.sectors.value].map(([name, symbols]) => list("sector", name, symbols));
    const all = market.directory.all.value;
    return [
      ...(choice?.kind === "shared" ? [radio(workspace.title.value, choice, "from a link")] : []),
      ...(own.length > 0 ? [heading("Your lists"), ...own] : []),
      heading("Lists of this server"),
      ...served,
      radio("All symbols", { kind: "all" }, all ? count(all.length) : undefined),
      rule,
      ask("New list…", "new"),
      ...(choice?.kind === "own"
        ? [ask("Rename…", "rename"), action("Delete this list", () => workspace.discard(choice.id))]
        : [action("Keep a copy", () => workspace.copy(workspace.title.value || "My list"))]),
      rule,
      ask("Share as a link…", "share"),
      ask("Import…", "import"),
      ask("Export as text…", "export"),
      // Last, since they arrive while the menu is open: items below them would move under the pointer.
      ...(sectors.length > 0 ? [rule, heading("Sectors"), ...sectors] : []),
    ];
  };

  return <Popup label="Lists" grows items={items()} close={close} />;
}

import type { DialogProps } from "../services.ts";
import { Dialog } from "./dialog.tsx";

interface KeyEntry {
  readonly keys: readonly string[];
  readonly what: string;
}

/** What app/keys.ts, the search and the grid answer to. */
const keySheet: readonly { readonly title: string; readonly entries: readonly KeyEntry[] }[] = [
  {
    title: "Anywhere",
    entries: [
      { keys: ["/"], what: "Search symbols and names" },
      { keys: ["A", "…", "Z"], what: "Filter the list by what is typed" },
      { keys: ["Shift", "P"], what: "Pause and resume" },
      { keys: ["Shift", "L"], what: "Lists" },
      { keys: ["Shift", "C"], what: "Columns" },
      { keys: ["["], what: "Previous list; also Alt PageUp" },
      { keys: ["]"], what: "Next list; also Alt PageDown" },
      { keys: ["Ctrl", "Z"], what: "Undo a change; on a Mac, with ⌘" },
      { keys: ["Ctrl", "Shift", "Z"], what: "Redo; also Ctrl Y" },
      { keys: [","], what: "Settings" },
      { keys: ["?"], what: "This sheet" },
      { keys: ["Esc"], what: "Close, or clear the filter" },
    ],
  },
  {
    title: "In the search",
    entries: [
      { keys: ["↑", "↓"], what: "Choose" },
      { keys: ["Enter"], what: "Add to the list" },
      { keys: ["Shift", "Enter"], what: "Open the detail" },
    ],
  },
  {
    title: "In the table",
    entries: [
      { keys: ["←", "↑", "→", "↓"], what: "Move to another cell" },
      { keys: ["Enter"], what: "Open a row, or sort by a header" },
      { keys: ["F6"], what: "Go to the open detail, and back" },
      { keys: ["Delete"], what: "Remove the row" },
      { keys: ["Ctrl", "C"], what: "Copy the row, or the selected rows" },
      { keys: ["Ctrl", "A"], what: "Select all rows" },
      { keys: ["Alt", "↑"], what: "Move the row up; with ↓, down" },
      { keys: ["Alt", "→"], what: "Widen the column; with ←, narrow it" },
      { keys: ["Alt", "Shift", "→"], what: "Move the column right; with ←, left" },
    ],
  },
];

/** Which key does what. */
export function KeysDialog({ close }: Pick<DialogProps, "close">) {
  return (
    <Dialog title="Keyboard" close={close} wide>
      <div class="keys">
        {keySheet.map(({ title, entries }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {entries.map(({ keys, what }) => (
                <div key={what}>
                  <dt>
                    {keys.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

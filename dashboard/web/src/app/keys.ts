/** What the keys do; the sheet that lists them is made of this. */
export interface KeyEntry {
  readonly keys: readonly string[];
  readonly what: string;
}

export const keySheet: readonly { readonly title: string; readonly entries: readonly KeyEntry[] }[] = [
  {
    title: "Anywhere",
    entries: [
      { keys: ["/"], what: "Search symbols and names" },
      { keys: ["A", "…", "Z"], what: "Filter the list by what is typed" },
      { keys: ["Shift", "P"], what: "Pause and resume" },
      { keys: ["Shift", "L"], what: "Lists" },
      { keys: ["Shift", "C"], what: "Columns" },
      { keys: ["["], what: "List before" },
      { keys: ["]"], what: "Next list" },
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
      { keys: ["←", "↑", "→", "↓"], what: "Walk" },
      { keys: ["Enter"], what: "Open a row, or sort by a header" },
      { keys: ["Delete"], what: "Remove the row" },
      { keys: ["Alt", "↑"], what: "Move the row up; with ↓ down" },
      { keys: ["Alt", "→"], what: "Widen the column; with ← narrow it" },
      { keys: ["Alt", "Shift", "→"], what: "Move the column; with ← back" },
    ],
  },
];

export interface KeyActions {
  readonly search: () => void;
  /** Takes the focus: the letter that was typed goes where the focus is then. */
  readonly filter: () => void;
  readonly pause: () => void;
  readonly lists: () => void;
  readonly columns: () => void;
  readonly step: (by: -1 | 1) => void;
  readonly settings: () => void;
  readonly sheet: () => void;
  /** False when there was nothing to close. */
  readonly escape: () => boolean;
}

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Answers the keys of the whole page. Returns what ends that. */
export function followKeys(actions: KeyActions): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const { key, shiftKey, target } = event;
    if (key === "Escape") {
      if (actions.escape()) event.preventDefault();
      return;
    }
    if (typing(target) || document.querySelector("dialog[open]")) return;
    if (target instanceof Element && target.closest("[role=menu], [role=dialog]") && /^[\p{L}\p{N} ]$/u.test(key))
      return;
    if (key === "/") actions.search();
    else if (key === "?") actions.sheet();
    else if (key === ",") actions.settings();
    else if (key === "[") actions.step(-1);
    else if (key === "]") actions.step(1);
    else if (shiftKey && /^p$/i.test(key)) actions.pause();
    else if (shiftKey && /^l$/i.test(key)) actions.lists();
    else if (shiftKey && /^c$/i.test(key)) actions.columns();
    else {
      if (!shiftKey && /^[\p{L}\p{N}]$/u.test(key)) actions.filter();
      return;
    }
    event.preventDefault();
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

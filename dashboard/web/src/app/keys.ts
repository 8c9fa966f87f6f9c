import type { Services } from "../view/services.ts";
import type { Shell } from "../view/shell.tsx";

/**
 * Clears the filter, or else closes the detail; from within the detail, closes that. False if there was nothing to close,
 * or the browser closes it.
 */
function closeFirst({ shell, workspace, detail }: Services, within: boolean): boolean {
  if (shell.dialog.peek() !== null) return false; // the browser closes the dialog
  if (!within && workspace.filter.peek() !== "") {
    workspace.filter.value = "";
    return true;
  }
  if (detail.symbol.peek() === null) return false;
  detail.close();
  return true;
}

/** What a key does wherever the focus is, as the sheet in view/dialogs/keys.tsx lists it; null for any other key. */
function actionOf({ key, shiftKey }: KeyboardEvent, services: Services, page: Shell): (() => void) | null {
  const { market, workspace, shell } = services;
  const open = (name: "settings" | "keys") => () => {
    shell.dialog.value = name;
  };
  if (shiftKey)
    switch (key.toLowerCase()) {
      case "p":
        return market.togglePause;
      case "l":
        return () => {
          shell.listMenu.value = true;
        };
      case "c":
        return () => {
          shell.columnMenu.value = true;
        };
    }
  // On some keyboards, these need Shift.
  switch (key) {
    case "/":
      return () => page.focus("search");
    case "?":
      return open("keys");
    case ",":
      return open("settings");
    case "[":
    case "PageUp":
      return () => workspace.step(-1);
    case "]":
    case "PageDown":
      return () => workspace.step(1);
    default:
      return null;
  }
}

const inDetail = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest(".detail") !== null;
const isText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
const mayUndo = (target: EventTarget | null): boolean =>
  !isText(target) || (target instanceof HTMLInputElement && /^(radio|checkbox|file)$/.test(target.type));
/** Ctrl+Z, Ctrl+Shift+Z and Ctrl+Y, or with the Mac's key: what they do; null for any other key. */
const undoing = ({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent, { history }: Services) => {
  if (altKey || ctrlKey === metaKey) return null;
  if (key.toLowerCase() === "z") return shiftKey ? history.redo : history.undo;
  return key.toLowerCase() === "y" && ctrlKey && !shiftKey ? history.redo : null;
};
/** Some keyboards write brackets with Alt, or with AltGr, which counts as Ctrl and Alt. Pages turn with Alt alone. */
const isModified = (event: KeyboardEvent): boolean => {
  const { key, ctrlKey, metaKey, altKey } = event;
  if (/^[[\]]$/.test(key)) return metaKey || (ctrlKey && !altKey);
  if (/^Page(Up|Down)$/.test(key)) return ctrlKey || metaKey || !altKey;
  return ctrlKey || metaKey || altKey;
};
const isCharacter = (key: string): boolean => /^[\p{L}\p{N}]$/u.test(key);
/** In menus and dialogs, letters find an item, and the space bar presses a button. What covers the page takes all. */
const isTaken = ({ key, target }: KeyboardEvent): boolean =>
  target instanceof Element &&
  (target.closest("[aria-modal=true]") !== null ||
    ((isCharacter(key) || key === " ") && target.closest("[role=menu], [role=dialog]") !== null));

/** Answers the keys of the whole page. Returns the function that stops it. */
export function followKeys(services: Services, page: Shell): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const undo = mayUndo(event.target) ? undoing(event, services) : null;
    if (undo) {
      undo();
      event.preventDefault();
    }
    if (undo || isModified(event)) return;
    if (event.key === "Escape") {
      if (closeFirst(services, inDetail(event.target))) event.preventDefault();
      return;
    }
    if (event.key === "F6" && services.detail.symbol.peek() !== null) {
      page.focus(inDetail(event.target) ? "grid" : "detail");
      event.preventDefault();
      return;
    }
    if (isText(event.target) || document.querySelector("dialog[open]") || isTaken(event)) return;
    if (event.key.length === 1 && services.settings.value.peek().shortcuts === "off") return;
    const act = actionOf(event, services, page);
    if (act) {
      act();
      event.preventDefault();
    } else if (!event.shiftKey && isCharacter(event.key)) {
      page.focus("filter"); // before the browser types the letter, which goes where the focus is then
    }
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

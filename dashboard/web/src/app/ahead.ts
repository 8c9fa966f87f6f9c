import type { Services } from "../view/services.ts";

/** The keys that menus and dialogs answer. The browser's own, as F5, stay with the browser. */
const typed = /^(.|Enter|Backspace|Escape|Arrow\w+|Home|End)$/u;

const most = 100; // keys that are kept

/** Does what the browser would do with a key where the focus is now. */
function type(key: string): void {
  const at = document.activeElement;
  const field = at instanceof HTMLInputElement && at.type === "text";
  if (field && key.length === 1) document.execCommand("insertText", false, key);
  else if (field && key === "Backspace") document.execCommand("delete");
  else if (field && key === "Enter") at.form?.requestSubmit();
  else if (key === "Enter" && at instanceof HTMLElement) at.click();
  else at?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

/**
 * Keeps what is typed while the script of a menu or a dialog is still being fetched, and gives it to what opens. Returns the
 * function that stops it.
 */
export function keepKeys({ shell: { dialog, listMenu, columnMenu } }: Services): () => void {
  const life = new AbortController();
  let kept: string[] = [];
  let giving = false;
  const opening = () =>
    dialog.peek() !== null
      ? !document.querySelector("dialog[open]")
      : (listMenu.peek() || columnMenu.peek()) && !document.querySelector(".popup[role=menu]");
  const onKey = (event: KeyboardEvent) => {
    if (giving ? !event.isTrusted : !opening()) {
      if (!giving) kept = []; // it could not be opened
      return;
    }
    const { key, ctrlKey, metaKey, altKey, isComposing } = event;
    if (ctrlKey || metaKey || altKey || isComposing || !typed.test(key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (key !== "Escape") {
      if (kept.length < most) kept.push(key);
      return;
    }
    kept = [];
    dialog.value = null;
    listMenu.value = columnMenu.value = false;
  };
  const give = async () => {
    giving = true;
    for (;;) {
      await new Promise((next) => setTimeout(next)); // what the last key has changed is shown by then
      const key = opening() ? undefined : kept.shift();
      if (key === undefined) break;
      type(key);
    }
    giving = false;
  };
  const onFocus = ({ target }: FocusEvent) => {
    const opened = target instanceof Element && target.closest("dialog[open], .popup[role=menu]");
    if (opened && kept.length && !giving) void give();
  };
  document.addEventListener("keydown", onKey, { capture: true, signal: life.signal });
  document.addEventListener("focusin", onFocus, { signal: life.signal });
  return () => life.abort();
}

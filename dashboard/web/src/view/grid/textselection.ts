import type { RowWindow } from "./window.ts";

/** The text that the reader has selected in the table, with the pointer or with Ctrl+A. */
export function createTextSelection({ root, rows }: { readonly root: HTMLElement; readonly rows: RowWindow }) {
  /** The selection, if any of its ends is in the table. */
  const current = (): Selection | null => {
    const selection = document.getSelection();
    if (!selection || selection.isCollapsed) return null;
    return root.contains(selection.anchorNode) || root.contains(selection.focusNode) ? selection : null;
  };
  return {
    /** Whether there is any. */
    exists: (): boolean => current() !== null,

    /** The symbols of the rows in which it begins and ends. */
    ends(): readonly string[] {
      const selection = current();
      return [selection?.anchorNode, selection?.focusNode].flatMap((node) => {
        const element = node instanceof Element ? node : node?.parentElement;
        const slot = rows.slotOf(element?.closest(".body .row"));
        return slot ? [slot.symbol] : [];
      });
    },

    /** Selects the whole table. Its ends are outside the rows, so that it includes those that are still to come. */
    all(): void {
      document.getSelection()?.selectAllChildren(root);
    },

    clear(): void {
      current()?.removeAllRanges();
    },
  };
}

/** The text that the reader has selected in the table. */
export type TextSelection = ReturnType<typeof createTextSelection>;

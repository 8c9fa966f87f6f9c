import type { Grid } from "../grid/grid.ts";
import type { Services } from "../services.ts";
import { copyRows } from "./clipboard.ts";

/**
 * Copies rows of the table as tab-separated values: those in which text is selected, or else the active row while the
 * table has the focus. Returns the function that stops it.
 */
export function answerCopying(root: HTMLElement, grid: Grid, services: Services): () => void {
  const onCopy = (event: ClipboardEvent) => {
    if (event.defaultPrevented || !event.clipboardData) return;
    const copied = copyRows(root, grid, services);
    if (!copied) return;
    event.clipboardData.setData("text/plain", copied.text);
    event.preventDefault();
    const { notes, format } = services;
    if (copied.rows > 0)
      notes.say(copied.rows === 1 ? "1 row copied." : `${format.peek().count(copied.rows)} rows copied.`);
  };
  document.addEventListener("copy", onCopy);
  return () => document.removeEventListener("copy", onCopy);
}

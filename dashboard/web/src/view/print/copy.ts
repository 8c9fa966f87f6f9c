import type { Grid } from "../grid/grid.ts";
import { fetchLater } from "../later.ts";
import type { Services } from "../services.ts";

/**
 * Copies rows of the table as tab-separated values: those in which text is selected, or else the active row while the
 * table has the focus. Returns the function that stops it.
 */
export function followCopying(root: HTMLElement, grid: Grid, services: Services): () => void {
  const paper = fetchLater(() => import("./paper.ts"));
  const onCopy = (event: ClipboardEvent) => {
    if (event.defaultPrevented || !event.clipboardData) return;
    const module = paper.part.peek();
    if (!module) return void paper.load();
    const copied = module.copyRows(root, grid, services);
    if (!copied) return;
    event.clipboardData.setData("text/plain", copied.text);
    event.preventDefault();
    if (copied.rows > 0) services.notes.say(copied.rows === 1 ? "1 row copied." : `${copied.rows} rows copied.`);
  };
  document.addEventListener("copy", onCopy);
  return () => {
    document.removeEventListener("copy", onCopy);
    paper.close();
  };
}

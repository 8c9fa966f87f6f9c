import type { Services } from "../services.ts";
import { printTable } from "./sheet.ts";

/** Shows the list as a table in place of the page while it is printed. Returns the function that stops it. */
export function answerPrinter(services: Services): () => void {
  let sheet: HTMLElement | null = null;
  const hide = () => {
    sheet?.remove();
    sheet = null;
  };
  const show = () => {
    hide();
    sheet = printTable(services);
    document.body.append(sheet);
  };
  // Some ways of printing send no events before and after it, but the medium always changes.
  const medium = matchMedia("print");
  const change = () => (medium.matches ? show() : hide());
  change();
  addEventListener("beforeprint", show);
  addEventListener("afterprint", hide);
  medium.addEventListener("change", change);
  return () => {
    hide();
    removeEventListener("beforeprint", show);
    removeEventListener("afterprint", hide);
    medium.removeEventListener("change", change);
  };
}

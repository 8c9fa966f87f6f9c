/*
 * view/print/ takes the list out of the page: to paper, and to the clipboard. `print.ts` and `copy.ts` wait for the
 * reader to ask for it, `paper.ts` is what they fetch then or, since browsers wait for nothing, soon after the start.
 */
import { fetchLater } from "../later.ts";
import type { Services } from "../services.ts";

/** Shows the list as a table in place of the page while it is printed. Returns the function that stops it. */
export function followPrinting(services: Services): () => void {
  const paper = fetchLater(() => import("./paper.ts"));
  let sheet: HTMLElement | null = null;
  let printing = false;
  const show = () => {
    printing = true;
    sheet?.remove();
    sheet = paper.part.peek()?.printTable(services) ?? null;
    if (sheet) document.body.append(sheet);
    else void paper.load().then((there) => there && printing && show()); // until then, the page itself is on paper
  };
  const hide = () => {
    printing = false;
    sheet?.remove();
    sheet = null;
  };
  // Some ways of printing send no events before and after it, but the medium always changes.
  const medium = matchMedia("print");
  const change = () => (medium.matches ? show() : hide());
  addEventListener("beforeprint", show);
  addEventListener("afterprint", hide);
  medium.addEventListener("change", change);
  return () => {
    hide();
    paper.close();
    removeEventListener("beforeprint", show);
    removeEventListener("afterprint", hide);
    medium.removeEventListener("change", change);
  };
}

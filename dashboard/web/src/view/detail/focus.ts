import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

const above = "dialog, [role=status]"; // what opens over the page, and what is said whatever covers it

/** The element, or those parts of it that are beside what stays above all. */
const withoutAbove = (element: Element): readonly Element[] => {
  if (element.matches(above)) return [];
  return element.querySelector(above) ? [...element.children].flatMap(withoutAbove) : [element];
};

/** What is beside the element, up to the root of the document, except for what stays above all. */
const beside = (element: HTMLElement): readonly Element[] => {
  const found: Element[] = [];
  for (let at: Element = element; at.parentElement && at !== document.body; at = at.parentElement) {
    for (const other of at.parentElement.children) if (other !== at) found.push(...withoutAbove(other));
  }
  return found;
};

/**
 * The focus stays where the reader left it while the detail is open beside the table. Where the detail covers the page,
 * as on a phone, it is a sheet: it takes the focus, and nothing else can be reached. When the detail is closed, the
 * focus it had goes back to where it came from. Returns whether it is a sheet.
 */
export function useSheet(pane: RefObject<HTMLElement | null>): boolean {
  const sheet = useSignal(false);
  // Before the browser paints: the next key belongs to what has the focus then.
  useLayoutEffect(() => {
    const aside = pane.current;
    if (!aside) return;
    let before: Element | null = document.activeElement;
    const covered = new Set<Element>();

    const cover = () => {
      for (const element of beside(aside).filter((one) => !one.hasAttribute("inert"))) {
        element.setAttribute("inert", "");
        covered.add(element);
      }
    };
    const inserting = new MutationObserver(cover); // what comes under the sheet is covered, too
    const uncover = () => {
      inserting.disconnect();
      for (const element of covered) element.removeAttribute("inert");
      covered.clear();
    };
    const look = () => {
      const { clientWidth } = document.documentElement;
      const covers = clientWidth > 0 && aside.offsetWidth >= clientWidth;
      if (covers === sheet.peek()) return;
      sheet.value = covers;
      if (!covers) return uncover();
      cover();
      inserting.observe(document.body, { childList: true, subtree: true });
      if (!aside.contains(document.activeElement)) aside.focus({ preventScroll: true });
    };
    const onFocusIn = ({ relatedTarget }: FocusEvent) => {
      if (relatedTarget instanceof Element && !aside.contains(relatedTarget)) before = relatedTarget;
    };
    aside.addEventListener("focusin", onFocusIn);
    const resizing = new ResizeObserver(look);
    resizing.observe(aside);
    look();
    return () => {
      resizing.disconnect();
      aside.removeEventListener("focusin", onFocusIn);
      const now = document.activeElement;
      const lost = now === null || now === document.body || aside.contains(now);
      uncover();
      const known = before instanceof HTMLElement && before !== document.body && before.isConnected;
      const back = known ? before : aside.parentElement?.querySelector(".grid");
      if (lost && back instanceof HTMLElement) back.focus({ preventScroll: true });
    };
  }, [pane, sheet]);
  return sheet.value;
}

import type { Page } from "playwright-core";
import { scrolledByScript } from "./scroll.ts";

/**
 * Scrolls to each control that is shown in an element, and says what is wrong with it: it is not in the window, a reader
 * cannot scroll to it, something covers it, or it is smaller than a finger or a pointer needs, in CSS pixels. A link in a sentence may be as high as its
 * line, and the grip of a column, which has keys, as narrow as it is.
 */
export const outOfReach = async (page: Page, within: string, least: number): Promise<string[]> =>
  page.evaluate(
    ([root, size, scrolled]) => {
      const controls =
        "a[href], button, input, textarea, select, summary, [tabindex='0'], [role=option], [role=columnheader]:not(.remove)";
      const wrong: string[] = [];
      const shown = (element: Element) =>
        element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 1;
      const inText = (element: Element) =>
        element.matches("a") && [...(element.parentElement?.childNodes ?? [])].some((node) => node.nodeType === 3);
      /** A label counts as a part of its field. */
      const reached = (element: Element, x: number, y: number) => {
        const hit = document.elementFromPoint(x, y);
        if (!hit) return false;
        if (element.contains(hit) || hit.closest(".grip")?.parentElement === element) return true;
        const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
        return labels.some((label) => label.contains(hit));
      };
      const boxOf = (element: Element) => {
        const field = inText(element) ? element.getClientRects()[0] : element.getBoundingClientRect();
        if (!field) throw new Error("it is not shown");
        const label = element instanceof HTMLInputElement ? element.labels?.[0]?.getBoundingClientRect() : undefined;
        if (!label || !element.matches("[type=radio], [type=checkbox]")) return field;
        const [left, top] = [Math.min(field.left, label.left), Math.min(field.top, label.top)];
        const [right, bottom] = [Math.max(field.right, label.right), Math.max(field.bottom, label.bottom)];
        return new DOMRect(left, top, right - left, bottom - top);
      };
      const inWindow = ({ left, right, top, bottom }: DOMRect) =>
        left >= -1 && right <= innerWidth + 1 && top >= -1 && bottom <= innerHeight + 1;
      const nameOf = (element: Element | null) => `${element?.tagName.toLowerCase()} ${element?.getAttribute("class")}`;
      const faultOf = (element: Element): string | null => {
        const area =
          element.matches("textarea") ||
          (element.matches("[tabindex]") && // it scrolls, or will when it has more in it
            element.scrollHeight > Math.min(element.clientHeight + 1, innerHeight));
        let fault: string | null = null;
        for (const block of ["nearest", "center", "end", "start"] as const) {
          element.scrollIntoView({ block, inline: "nearest", behavior: "instant" });
          fault = scrolled(element);
          if (fault !== null) continue;
          const box = boxOf(element);
          const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
          if (area) {
            const [top, bottom] = [Math.max(0, box.top), Math.min(innerHeight, box.bottom)];
            if (!reached(element, x, (top + bottom) / 2)) fault = "is covered";
          } else if (!inWindow(box)) fault = `is at ${box.left} ${box.top} ${box.right} ${box.bottom}`;
          else if (!reached(element, x, y)) fault = `is covered by ${nameOf(document.elementFromPoint(x, y))}`;
          else if (!inText(element)) {
            if (box.width < size - 0.5 || box.height < size - 0.5) {
              return `is ${Math.round(box.width)} × ${Math.round(box.height)}`;
            }
            const half = size / 2 - 1.5;
            for (const [dx, dy] of [
              [-half, 0],
              [half, 0],
              [0, -half],
              [0, half],
            ] as const) {
              if (!reached(element, x + dx, y + dy)) fault = "is covered in part";
            }
          }
          if (fault === null) return null;
        }
        return fault;
      };
      for (const part of document.querySelectorAll(root)) {
        const all = [part, ...part.querySelectorAll(controls)].filter(
          (element) => element.matches(controls) && shown(element) && !element.closest("[aria-hidden=true], [inert]"),
        );
        if (all.length === 0) wrong.push(`${root} has no control`);
        for (const element of all) {
          const fault = faultOf(element);
          const label = element instanceof HTMLInputElement ? element.labels?.[0] : null;
          const name = element.getAttribute("aria-label") ?? ((label ?? element).textContent || element.className);
          if (fault) wrong.push(`${element.tagName.toLowerCase()} “${name?.trim().slice(0, 40)}” ${fault}`);
        }
      }
      return wrong;
    },
    [within, least, await page.evaluateHandle<typeof scrolledByScript>(`(${scrolledByScript})`)] as const,
  );

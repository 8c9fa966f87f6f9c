import type { Locator, Page } from "playwright-core";

/**
 * Runs in the page, after an element was scrolled to: says what has been scrolled for that although a reader cannot scroll
 * it, and scrolls it back; null if there is no such thing. Scripts scroll what hides its overflow, fingers and wheels do not.
 */
export function scrolledByScript(element: Element): string | null {
  const root = document.documentElement;
  let fault: string | null = null;
  for (let at = element.parentElement; at; at = at.parentElement) {
    let { overflowX, overflowY } = getComputedStyle(at);
    // The window takes what the body says, unless the root says something itself.
    if (at === root && overflowX === "visible" && overflowY === "visible") {
      ({ overflowX, overflowY } = getComputedStyle(document.body));
    }
    const sideways = overflowX === "hidden" && Math.abs(at.scrollLeft) > 1;
    const down = overflowY === "hidden" && Math.abs(at.scrollTop) > 1;
    if (!sideways && !down) continue;
    fault = `is reached by script alone, which scrolls ${at.tagName.toLowerCase()} ${at.className}`.trim();
    if (sideways) at.scrollLeft = 0;
    if (down) at.scrollTop = 0;
  }
  return fault;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The middle of what is in sight of a part. */
export async function middleInSight(part: Locator): Promise<Point> {
  const box = await part.boundingBox();
  const { width = 0, height = 0 } = part.page().viewportSize() ?? {};
  if (!box) throw new Error("it is not shown");
  return {
    x: (Math.max(0, box.x) + Math.min(width, box.x + box.width)) / 2,
    y: (Math.max(0, box.y) + Math.min(height, box.y + box.height)) / 2,
  };
}

/** Puts a finger on a point, moves it by x and y px, and lifts it. */
export async function swipe(page: Page, start: Point, x: number, y: number): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...touchPoints: Point[]) =>
    devtools.send("Input.dispatchTouchEvent", { type, touchPoints });
  await touch("touchStart", start);
  for (let i = 1; i <= 8; i++) await touch("touchMove", { x: start.x + (x * i) / 8, y: start.y + (y * i) / 8 });
  // It stands still before it is lifted, or the page would glide on, and the next tap would only stop it.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
  await touch("touchEnd");
  await devtools.detach();
}

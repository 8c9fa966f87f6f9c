import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, live, openPage } from "./support/browser.ts";
import { type Server, startServer } from "./support/server.ts";

let browser: Browser;
let server: Server;

beforeAll(async () => {
  server = await startServer();
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

// CSS pixels. 320 × 180 is a window of 1280 × 720 at a zoom of 400 %.
const sizes = [
  [320, 180],
  [320, 568],
  [390, 330],
  [390, 664],
  [568, 320],
  [844, 390],
  [820, 1180],
  [1280, 720],
  [1440, 900],
  [1920, 1080],
  [2560, 1440],
] as const;

/** Scrolls it into view, and tells whether all of it is in the window and its middle is not covered. */
const reached = (target: Locator): Promise<boolean> =>
  target.evaluate((element) => {
    element.scrollIntoView({ block: "nearest", inline: "nearest" });
    const { left, right, top, bottom } = element.getBoundingClientRect();
    if (left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1) return false;
    const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return hit !== null && element.contains(hit);
  });

describe.each(sizes)("at %i × %i", (width, height) => {
  test("menus lie within the window, and each item is reached", async () => {
    const { page, close } = await openPage(browser, server.url, { viewport: { width, height } });
    await live(page);
    let opened = 0;
    for (const button of await page.locator(".menu > button:visible").all()) {
      const name = await button.getAttribute("title");
      await button.click();
      const menu = page.locator('.popup[role="menu"]');
      await menu.waitFor();
      const box = await menu.boundingBox();
      expect(box && box.x >= -1 && box.x + box.width <= width + 1, `${name}: sideways`).toBe(true);
      expect(box && box.y >= -1 && box.y + box.height <= height + 1, `${name}: up and down`).toBe(true);
      const items = await menu.locator("[role^=menuitem]").all();
      expect(items.length).toBeGreaterThan(0);
      for (const item of items) expect(await reached(item), `${name}: ${await item.textContent()}`).toBe(true);
      await page.keyboard.press("Escape");
      await menu.waitFor({ state: "detached" });
      opened++;
    }
    expect(opened).toBeGreaterThan(0);
    await close();
  });

  test("a whole row is reached, and the page does not scroll sideways", async () => {
    const { page, close } = await openPage(browser, server.url, { viewport: { width, height } });
    await live(page);
    const row = page.locator('.body .row[aria-rowindex="3"]'); // the second one, and clear of the heading
    await row.waitFor();
    const shown = await row.evaluate((element) => {
      element.scrollIntoView({ block: "nearest", inline: "nearest" });
      const { top, bottom } = element.getBoundingClientRect();
      return top >= -1 && bottom <= innerHeight + 1;
    });
    expect(shown, "all of the row").toBe(true);
    expect(await reached(row.locator(".last")), "its price").toBe(true);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await close();
  });
});

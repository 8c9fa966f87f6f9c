import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, live, openPage } from "./support/browser.ts";
import { type Server, startServer } from "./support/server.ts";
import {
  type Hand,
  hasColumns,
  keyboardHand,
  rowsAre,
  rowsShown,
  type Step,
  sharedWalk,
  touchHand,
  walkDetail,
} from "./support/walk.ts";

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

const sizes = [
  { name: "a small phone", width: 320, height: 568, mobile: true },
  { name: "a phone", width: 390, height: 664, mobile: true },
  { name: "a phone on its side", width: 844, height: 390, mobile: true },
  { name: "a desktop", width: 1280, height: 720, mobile: false },
  { name: "a desktop at 400 %", width: 320, height: 180, mobile: false },
] as const;

const sortOf = (page: Page) =>
  page.getByRole("columnheader", { name: "Symbol", exact: true }).getAttribute("aria-sort");
const grid = (page: Page) => page.getByRole("grid").first();

/** What only keys do: a row and a column are moved, and a column is sized, by Alt and an arrow. */
const keyboardWalk: readonly Step[] = [
  [
    "searches and adds, moves and removes a row, undoes that, and sorts",
    async ({ page }) => {
      const key = (name: string) => page.keyboard.press(name);
      await key("/");
      await page.keyboard.type("coca cola");
      await page.getByRole("option", { name: "KO" }).first().waitFor({ timeout: 5000 });
      await key("Enter");
      await rowsAre(page, ["IBM", "MSFT", "KO"]);
      await key("Escape");
      await key("Escape");
      await keyboardHand(page).write(page.getByRole("textbox", { name: "Filter the list" }), "");
      await key("Enter"); // to the rows
      await key("Control+Home");
      await key("Control+End");
      await key("Alt+ArrowUp");
      await rowsAre(page, ["IBM", "KO", "MSFT"]);
      await key("Delete");
      await rowsAre(page, ["IBM", "MSFT"]);
      await keyboardHand(page).press(page.getByRole("button", { name: "Undo" }));
      await rowsAre(page, ["IBM", "KO", "MSFT"]);
    },
  ],
  [
    "sorts by a header, moves and sizes a column, and opens a row",
    async ({ page }) => {
      const key = (name: string) => page.keyboard.press(name);
      await keyboardHand(page).write(page.getByRole("textbox", { name: "Filter the list" }), "");
      await key("Enter");
      await key("Control+Home");
      await key("ArrowUp");
      const symbol = page.getByRole("columnheader", { name: "Symbol", exact: true });
      const width = async () => (await symbol.boundingBox())?.width ?? 0;
      if (hasColumns(page)) {
        const before = await width();
        await key("Alt+ArrowRight");
        await expect.poll(width).toBeGreaterThan(before);
        const first = () => page.getByRole("columnheader").first().textContent();
        await key("Alt+Shift+ArrowRight");
        await expect.poll(first).not.toBe("Symbol");
        await key("Alt+Shift+ArrowLeft");
        await expect.poll(first).toBe("Symbol");
      }
      await key("Enter");
      await expect.poll(() => sortOf(page)).not.toBe("none");
      await keyboardHand(page).press(page.getByRole("button", { name: /^Back to the list/ }));
      await expect.poll(() => sortOf(page)).toBe("none");
      await keyboardHand(page).write(page.getByRole("textbox", { name: "Filter the list" }), "");
      await key("Enter");
      await key("Control+Home");
      await key("Enter");
      await page.getByRole("heading", { name: "IBM" }).waitFor({ timeout: 5000 });
      await walkDetail(keyboardHand(page), "IBM");
    },
  ],
];

/** What only fingers do. A row is not moved, and a column neither moved nor sized: the page has no touch for that. */
const touchWalk: readonly Step[] = [
  [
    "searches and adds, removes a row, and undoes that",
    async (hand) => {
      const { page } = hand;
      await hand.write(page.getByRole("combobox"), "coca cola");
      await hand.press(page.getByRole("option", { name: "KO" }).first());
      await rowsAre(page, ["IBM", "MSFT", "KO"]);
      await hand.press(page.getByRole("button", { name: "Remove KO" }));
      await rowsAre(page, ["IBM", "MSFT"]);
      await hand.press(page.getByRole("button", { name: "Undo" }));
      await rowsAre(page, ["IBM", "MSFT", "KO"]);
    },
  ],
  [
    "sorts by a header, and opens a row",
    async (hand) => {
      const { page } = hand;
      await hand.press(page.getByRole("columnheader", { name: "Symbol", exact: true }));
      await expect.poll(() => sortOf(page)).not.toBe("none");
      await hand.press(page.getByRole("button", { name: /^Back to the list/ }));
      await hand.press(grid(page).getByRole("row", { name: /IBM/ }).getByText("IBM", { exact: true }).first());
      await page.getByRole("heading", { name: "IBM" }).waitFor({ timeout: 5000 });
      await walkDetail(hand, "IBM");
    },
  ],
];

/** Walks all steps, and returns what failed. After a failure the page is loaded again, so that the next step can be done. */
async function walk(hand: Hand, own: readonly Step[]): Promise<readonly string[]> {
  const { page } = hand;
  const [note, filter, ...rest] = sharedWalk;
  const failed: string[] = [];
  for (const step of [note, filter, ...own, ...rest]) {
    if (!step) continue;
    const [name, does] = step;
    try {
      await does(hand);
    } catch (error) {
      failed.push(
        `${name}: ${String(error).split("\n").slice(0, 3).join(" ")}; rows: ${(await rowsShown(page)).join(" ")}`,
      );
      await page.reload();
      await live(page);
    }
  }
  return failed;
}

describe.each(sizes)("on $name, $width × $height", ({ width, height, mobile }) => {
  test("everything is done by keyboard alone", async () => {
    const { page, close } = await openPage(browser, server.url, {
      symbols: ["IBM", "MSFT"],
      viewport: { width, height },
      reducedMotion: "reduce",
    });
    await live(page);
    page.setDefaultTimeout(5000);
    expect(await walk(keyboardHand(page), keyboardWalk)).toEqual([]);
    await close();
  }, 120_000);

  test("everything is done by touch alone, but what has no touch", async () => {
    const { page, close } = await openPage(browser, server.url, {
      symbols: ["IBM", "MSFT"],
      viewport: { width, height },
      hasTouch: true,
      isMobile: mobile,
      reducedMotion: "reduce",
    });
    await live(page);
    page.setDefaultTimeout(5000);
    expect(await walk(touchHand(page), touchWalk)).toEqual([]);
    await close();
  }, 120_000);
});

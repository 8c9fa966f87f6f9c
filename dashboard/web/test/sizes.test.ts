import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { live, openPage } from "./support/browser.ts";
import { startProxy } from "./support/proxy.ts";
import { outOfReach } from "./support/reach.ts";
import { swipe } from "./support/scroll.ts";
import { eventually } from "./support/server.ts";
import { setStage } from "./support/stage.ts";

const stage = setStage({ TICKERTAPE_FEED_SIM_RATE: "50" });

// CSS pixels. A window of 1280 × 720 is 640 × 360 at a zoom of 200 %, and 320 × 180 at 400 %. With a keyboard on the
// screen, a phone leaves 390 × 330.
const sizes = [
  [320, 180, "mouse"],
  [640, 360, "mouse"],
  [320, 568, "touch"],
  [390, 330, "touch"],
  [390, 664, "touch"],
  [568, 320, "touch"],
  [844, 390, "touch"],
  [820, 1180, "touch"],
  [1280, 720, "mouse"],
  [1280, 720, "touch"],
  [1440, 900, "mouse"],
  [1920, 1080, "mouse"],
  [2560, 1440, "mouse"],
] as const;

/** What each pointer needs. */
const least = { mouse: 24, touch: 44 } as const;
const symbols = ["AAPL", "IBM", "MSFT", "KO", "PEP", "NVDA"];

const menu = '.popup[role="menu"]';
const fromLists = async (page: Page, item: string) => {
  await page.locator(".list-name").click();
  await page.locator(`${menu} .item`, { hasText: item }).click();
};

/** Looks at parts of a page, and keeps what cannot be reached there. */
function lookAt(page: Page, size: number) {
  const wrong: string[] = [];
  const { width = 0 } = page.viewportSize() ?? {};
  return {
    wrong,
    async check(name: string, within: string) {
      await page.waitForSelector(within);
      for (const fault of await outOfReach(page, within, size)) wrong.push(`${name}: ${fault}`);
      // A phone shows a page that is too wide at a smaller scale, in a window that is as wide as the page then.
      const sideways = (await page.evaluate(() => document.documentElement.scrollWidth)) - width;
      if (sideways > 0) wrong.push(`${name}: the page scrolls sideways by ${sideways}`);
    },
  };
}

/** Opens each part of the page, and returns what cannot be reached there. */
async function look(page: Page, size: number): Promise<string[]> {
  const { wrong, check } = lookAt(page, size);
  /** Opens it, looks at it, and closes it. */
  const opened = async (name: string, open: () => Promise<void>, within: string) => {
    await open();
    await check(name, within);
    await page.keyboard.press("Escape");
    await page.waitForSelector(within, { state: "detached" });
  };

  await check("page", "body");
  await opened("lists", () => page.locator(".list-name").click(), menu);
  const columns = page.getByRole("button", { name: "Columns" });
  if (await columns.isVisible()) {
    await opened("columns", () => columns.click(), menu);
    const arrange = async () => {
      await columns.click();
      await page.locator(`${menu} .item`, { hasText: "Arrange the columns…" }).click();
    };
    await opened("columns as a list", arrange, ".dialog[open] .arrange");
  }
  await opened("panel", () => page.locator(".badge").click(), ".panel");
  for (const name of ["Settings", "Keyboard", "About"]) {
    await opened(name, () => page.getByRole("button", { name, exact: true }).click(), ".dialog[open]");
  }
  for (const name of ["New list…", "Rename", "Share as a link…", "Import…", "Export as text…"]) {
    await opened(name, () => fromLists(page, name), ".dialog[open]");
  }
  await page.getByRole("combobox").fill("co");
  await page.waitForSelector(".result");
  await check("search", ".search");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.locator(".filter input").fill("nothing at all");
  await check("nothing found", ".vacancy");
  await page.locator(".filter input").fill("");
  await page.locator('.body .row[data-symbol="KO"] .last').click();
  await page.waitForSelector('.detail[data-state="live"] .plot[data-state="drawn"]');
  await check("detail", ".detail");
  await opened("moving a row", () => page.getByRole("button", { name: "Move in the list" }).click(), menu);
  const tops = await page
    .locator(".intervals label")
    .evaluateAll((labels) => labels.map((label) => Math.round(label.getBoundingClientRect().top)));
  const last = tops.filter((top) => top === tops.at(-1)).length;
  if (last === 1) wrong.push("the last interval stands on a line of its own");
  await page.getByRole("button", { name: "As a table" }).click();
  await check("bars", ".detail .history");
  await page.getByRole("button", { name: "Remove from list" }).click();
  await check("note over the detail", ".note");
  await page.getByRole("button", { name: "Close KO" }).click();
  await check("note", ".note");
  await check("footer under a note", "footer");
  return wrong;
}

/** What cannot be reached of what was saved and cannot be read, of an empty list, and of the list of an address. */
async function lookAtLists(page: Page, url: string, size: number): Promise<string[]> {
  const { wrong, check } = lookAt(page, size);
  await page.evaluate(() => localStorage.setItem("tickertape.settings", "{damaged"));
  await page.goto(url);
  await live(page);
  await check("saved data", ".dialog[open] textarea");
  await check("saved data", ".dialog[open]");
  await page.getByRole("button", { name: "Discard" }).click();
  await page.waitForSelector(".dialog", { state: "detached" });
  await fromLists(page, "New list…");
  await page.locator(".dialog[open] input").fill("Empty");
  await page.getByRole("button", { name: "Create" }).click();
  await page.waitForSelector(".dialog", { state: "detached" });
  await check("empty list", ".vacancy");
  await page.goto(`${url}/?s=KO,IBM&list=A list of somebody else`);
  await live(page);
  await page.getByRole("button", { name: "Keep this list" }).waitFor();
  await check("list of an address", ".toolbar");
  return wrong;
}

/** By wheel or by finger, scrolls until the second row is in sight as a whole, and returns whether it is. */
async function scrollToRow(page: Page, touch: boolean): Promise<boolean> {
  const { width = 0, height = 0 } = page.viewportSize() ?? {};
  const middle = { x: width / 2, y: height / 2 };
  /** Where the row is: before what is in sight, in it, or after it. */
  const where = () =>
    page.evaluate(() => {
      const row = document.querySelector('.body .row[aria-rowindex="3"]');
      if (!row) return 1;
      const { top, bottom } = row.getBoundingClientRect();
      const head = document.querySelector(".head")?.getBoundingClientRect().bottom ?? 0;
      if (top < head - 1) return -1;
      const ends = [top + 2, bottom - 2].map((y) => document.elementFromPoint(innerWidth / 2, y));
      return bottom <= innerHeight + 1 && ends.every((hit) => row.contains(hit)) ? 0 : 1;
    });
  for (let times = 0; times < 20; times++) {
    const at = await where();
    if (at === 0) return true;
    if (touch) await swipe(page, middle, 0, at * -40);
    else {
      await page.mouse.move(middle.x, middle.y);
      await page.mouse.wheel(0, at * 40);
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    }
  }
  return false;
}

test.concurrent.each(sizes)(
  "at %i × %i each control is reached, and large enough for a %s",
  async (width, height, pointer) => {
    const touch = pointer === "touch";
    const proxy = await startProxy(stage.server.port);
    const { page, close } = await openPage(stage.browser, proxy.url, {
      allow: /Failed to load resource|WebSocket connection to|ERR_/,
      symbols,
      viewport: { width, height },
      hasTouch: touch,
      isMobile: touch,
      reducedMotion: "reduce",
    });
    page.setDefaultTimeout(20_000);
    await live(page);
    expect(await page.evaluate(() => matchMedia("(pointer: coarse)").matches)).toBe(touch);
    const wrong = await look(page, least[pointer]);
    if (!(await scrollToRow(page, touch))) wrong.push("no whole row can be scrolled to below the headers");
    wrong.push(...(await lookAtLists(page, proxy.url, least[pointer])));
    proxy.block.all = true;
    proxy.cut();
    expect(wrong).toEqual([]);
    // Between two attempts to connect.
    await eventually(async () => expect(await outOfReach(page, ".notice", least[pointer])).toEqual([]));
    await close();
    await proxy.close();
  },
  120_000, // five at a time
);

test("nothing lies in the notch of a phone, and the page can be zoomed", async () => {
  const { page, close } = await openPage(stage.browser, stage.server.url, {
    viewport: { width: 844, height: 390 },
    hasTouch: true,
  });
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setSafeAreaInsetsOverride", { insets: { left: 44, right: 34, bottom: 21 } });
  await live(page);
  const covered = (within: string) =>
    page.locator(`${within} :is(button, a, input)`).evaluateAll((controls) =>
      controls
        .filter((control) => control.checkVisibility() && !control.closest(".body"))
        .filter((control) => {
          const { left, right, bottom } = control.getBoundingClientRect();
          return left < 44 || right > innerWidth - 34 || bottom > innerHeight - 21;
        })
        .map((control) => control.outerHTML),
    );
  expect(await covered("header")).toEqual([]);
  expect(await covered("main")).toEqual([]);
  expect(await covered("footer")).toEqual([]);
  await page.locator(".body .row .last").first().tap();
  await page.waitForSelector('.plot[data-state="drawn"]');
  expect(await covered(".detail .top")).toEqual([]);
  expect(await page.locator("meta[name=viewport]").getAttribute("content")).not.toMatch(/scalable|maximum/);
  await close();
});

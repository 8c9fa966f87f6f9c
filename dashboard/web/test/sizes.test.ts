import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { live, openPage } from "./support/browser.ts";
import { startProxy } from "./support/proxy.ts";
import { outOfReach } from "./support/reach.ts";
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

/** Opens each part of the page, and returns what cannot be reached there. */
async function look(page: Page, size: number): Promise<string[]> {
  const wrong: string[] = [];
  const check = async (name: string, within: string) => {
    await page.waitForSelector(within);
    for (const fault of await outOfReach(page, within, size)) wrong.push(`${name}: ${fault}`);
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (sideways > 0) wrong.push(`${name}: the page scrolls sideways by ${sideways}`);
  };
  /** Opens it, looks at it, and closes it. */
  const opened = async (name: string, open: () => Promise<void>, within: string) => {
    await open();
    await check(name, within);
    await page.keyboard.press("Escape");
    await page.waitForSelector(within, { state: "detached" });
  };
  const menu = '.popup[role="menu"]';
  const fromLists = async (item: string) => {
    await page.locator(".list-name").click();
    await page.locator(`${menu} .item`, { hasText: item }).click();
  };

  await check("page", "body");
  await opened("lists", () => page.locator(".list-name").click(), menu);
  const columns = page.getByRole("button", { name: "Columns" });
  if (await columns.isVisible()) await opened("columns", () => columns.click(), menu);
  await opened("panel", () => page.locator(".badge").click(), ".panel");
  for (const name of ["Settings", "Keyboard", "About"]) {
    await opened(name, () => page.getByRole("button", { name, exact: true }).click(), ".dialog[open]");
  }
  for (const name of ["New list…", "Rename", "Share as a link…", "Import…", "Export as text…"]) {
    await opened(name, () => fromLists(name), ".dialog[open]");
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
    const shown = await page.locator('.body .row[aria-rowindex="3"]').evaluate((element) => {
      element.scrollIntoView({ block: "center" });
      const { top, bottom } = element.getBoundingClientRect();
      const head = document.querySelector(".head")?.getBoundingClientRect().bottom ?? 0;
      return top >= head - 1 && bottom <= innerHeight + 1;
    });
    if (!shown) wrong.push("no whole row is below the headers");
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

import { createHash } from "node:crypto";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { live, openLive, openPage } from "./support/browser.ts";
import { known, recordingOf, recordingStart } from "./support/recording.ts";
import { middleInSight, swipe } from "./support/scroll.ts";
import { type Server, startServer } from "./support/server.ts";
import { setBrowser } from "./support/stage.ts";

const stage = setBrowser();
let server: Server; // of a market that moves
let coins: Server; // of a recording of small sizes that has ended, so that nothing moves

/** Ninety seconds of a coin, played a hundred times as fast. */
const coin = recordingOf([
  { ...known("COIN"), name: "Coin" },
  ...Array.from({ length: 180 }, (_, i) => {
    const t = recordingStart + i * 500_000;
    const p = (100 + ((i * 37) % 41) / 10).toFixed(2);
    return i % 4 === 0
      ? { k: "quote", s: "COIN", b: p, bz: 0.25, a: (Number(p) + 0.01).toFixed(2), az: 0.75, t }
      : { k: "trade", s: "COIN", p, z: 0.0153, t };
  }),
]);

beforeAll(async () => {
  [server, coins] = await Promise.all([
    startServer({ TICKERTAPE_FEED_SIM_SYMBOLS: "24", TICKERTAPE_FEED_SIM_HALT_EVERY: "0s" }),
    startServer({
      ...coin.environment,
      TICKERTAPE_FEED_REPLAY_SPEED: "100",
    }),
  ]);
});
afterAll(async () => {
  await Promise.all([server.close(), coins.close()]);
  coin.close();
});

const drawn = (page: Page) => page.waitForSelector('.plot[data-state="drawn"] canvas');
const ended = (page: Page) => page.waitForSelector('.badge[data-tone="halt"]');
/** The chart as it is when it has stopped moving. */
async function picture(page: Page): Promise<string> {
  const take = async () =>
    createHash("sha1")
      .update(await page.locator(".plot .canvas").screenshot())
      .digest("hex");
  let before = "";
  let now = await take();
  while (now !== before) [before, now] = [now, await take()];
  return now;
}

test("sizes of coins can be read in the tape, the book and the statistics", async () => {
  const { page, close } = await openPage(stage.browser, `${coins.url}/#COIN`);
  await ended(page);
  await expect.poll(() => page.textContent(".tape .size")).toBe("0.0153");
  expect(await page.locator(".detail .side .size").allTextContents()).toEqual(["0.25", "0.75"]);
  expect(await page.textContent(".statistics div:has(> dt:text-is('Last size')) dd")).toBe("0.0153");
  expect(await page.getByRole("img", { name: "Of the size at both, 25 % is at the bid" }).count()).toBe(1);
  await close();
});

test("the zoom stays when numbers and times are written in another way", async () => {
  const { page, close } = await openPage(stage.browser, `${coins.url}/#COIN`);
  await ended(page);
  await page.locator('.intervals input[value="1s"]').check();
  await drawn(page);
  await picture(page);
  await page.getByRole("button", { name: "Zoom in" }).click();
  await page.getByRole("button", { name: "Zoom in" }).click();
  await page.getByRole("button", { name: "Earlier" }).click();
  await page.locator("h2").first().hover();
  const before = await picture(page);
  await page.getByRole("button", { name: "Settings" }).click();
  await page.locator('dialog[open] input[value="utc"]').check({ force: true });
  await page.keyboard.press("Escape");
  await page.locator("h2").first().hover();
  expect(await picture(page)).toBe(before);
  await close();
});

test("a swipe up or down scrolls the page over the chart, and one to the side moves the chart", async () => {
  const { page, close } = await openPage(stage.browser, `${coins.url}/#COIN`, {
    viewport: { width: 390, height: 664 },
    hasTouch: true,
    isMobile: true,
  });
  await ended(page);
  await page.locator('.intervals input[value="1s"]').check();
  await drawn(page);
  await page.locator(".plot").scrollIntoViewIfNeeded();
  await picture(page);
  const over = async (x: number, y: number) => swipe(page, await middleInSight(page.locator(".plot .canvas")), x, y);
  const top = () => page.evaluate(() => document.querySelector(".plot")?.getBoundingClientRect().top ?? 0);
  const before = await top();
  const after = async (y: number) => {
    await over(0, y);
    return top();
  };
  await expect.poll(() => after(-80), { timeout: 10_000 }).toBeLessThan(before - 40);
  await expect.poll(() => after(80), { timeout: 10_000 }).toBeGreaterThan(before - 30);
  await page.locator(".plot").scrollIntoViewIfNeeded();
  const still = await picture(page);
  const moved = async () => {
    await over(100, 0); // a press that a busy machine makes a long one moves the crosshair instead
    return picture(page);
  };
  await expect.poll(moved, { timeout: 10_000 }).not.toBe(still);
  await close();
});

test("no two labels of an axis of seconds are the same", async () => {
  const { page, close } = await openPage(stage.browser, "about:blank");
  await page.addInitScript(() => {
    const texts: { text: string; x: number }[] = [];
    Object.assign(window, { axisTexts: texts });
    // Each frame draws the axis anew.
    let drawn = -1;
    const beginFrame = () => {
      const now = Number(document.timeline.currentTime);
      if (now !== drawn) texts.length = 0;
      drawn = now;
    };
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...more) {
      beginFrame();
      if (/^\d\d:\d\d(:\d\d)?$/.test(text)) texts.push({ text, x });
      fillText.call(this, text, x, y, ...more);
    };
  });
  await page.goto(`${coins.url}/#COIN`);
  await ended(page);
  await page.locator('.intervals input[value="1s"]').check();
  await drawn(page);
  await picture(page);
  await page.getByRole("button", { name: "Zoom out" }).click();
  await picture(page);
  const labels = await page.evaluate(() => {
    const places = new Map<string, Set<number>>();
    for (const { text, x } of Reflect.get(window, "axisTexts") as { text: string; x: number }[])
      places.set(text, (places.get(text) ?? new Set()).add(Math.round(x)));
    return [...places].map(([text, xs]) => ({ text, times: xs.size }));
  });
  expect(labels.filter(({ times }) => times > 1)).toEqual([]);
  expect(labels.length).toBeGreaterThan(2);
  await close();
});

test("the table of bars has its headers over its columns, says what it is, and has the price that is shown", async () => {
  const { page, close } = await openLive(stage.browser, `${server.url}/#AAPL`);
  await drawn(page);
  await page.getByRole("button", { name: "As a table" }).click();
  await page.waitForSelector(".bars tbody tr");
  const columns = await page.evaluate(() => {
    const table = document.querySelector(".bars table");
    const align = (row: string) =>
      [...(table?.querySelectorAll(`${row} > *`) ?? [])].map((cell) => getComputedStyle(cell).textAlign);
    return { head: align("thead tr"), body: align("tbody tr:first-child") };
  });
  expect(columns.head).toEqual(columns.body);
  expect(await page.textContent(".bars caption")).toMatch(/^The newest \d+ bars of AAPL, 1 minute each$/);
  // Between two callbacks of a frame, the page is as one of them has left it, so it does not matter which comes first.
  const differ = await page.evaluate(
    () =>
      new Promise<{ prices: number; differ: number }>((done) => {
        const prices = new Set<string>();
        let differ = 0;
        const look = (frames: number) => {
          const close = document.querySelector(".bars tbody td:nth-of-type(4)")?.textContent ?? "";
          const price = document.querySelector(".detail .big")?.textContent ?? "";
          prices.add(price);
          if (close !== price) differ++;
          if (frames > 0) requestAnimationFrame(() => look(frames - 1));
          else done({ prices: prices.size, differ });
        };
        requestAnimationFrame(() => look(180));
      }),
  );
  expect(differ.prices).toBeGreaterThan(3);
  // On a machine so busy that a quote is taken in 100 ms after the bars of its flush, prices do not wait for it. Views with
  // a pace of their own would differ in every other frame.
  expect(differ.differ).toBeLessThanOrEqual(10);
  await close();
});

test("the tape stands still while it is scrolled, and nothing moves when it says so", async () => {
  const { page, close } = await openLive(stage.browser, `${server.url}/#AAPL`);
  await page.waitForSelector(".tape tbody tr:nth-child(40)");
  const place = () => page.evaluate(() => document.querySelector(".tape .trades")?.getBoundingClientRect().top);
  const before = await place();
  await page.evaluate(() => document.querySelector(".tape .trades")?.scrollTo(0, 60));
  await page.waitForSelector(".tape .still:visible", { timeout: 5000 });
  expect(await place()).toBe(before);
  await page.evaluate(() => document.querySelector(".tape .trades")?.scrollTo(0, 0));
  await page.waitForSelector(".tape .still:visible", { state: "detached" });
  await close();
});

test("the directory is fetched once, however often the menu is opened; an empty list has its zone", async () => {
  const { page, close } = await openLive(stage.browser, server.url, { symbols: [] });
  expect(await page.textContent("footer .zone")).toMatch(/^(Exchange times|Times) in \w+$/);
  let fetched = 0;
  page.on("request", (request) => {
    if (request.url().includes("api/symbols?symbols=*")) fetched++;
  });
  for (let i = 0; i < 3; i++) {
    await page.locator("button.list-name").click();
    await page.waitForSelector('[role="menuitemradio"] >> text=All symbols');
    await page.waitForSelector('[role="menuitemradio"] >> text=/Energy|Financials/');
    await page.keyboard.press("Escape");
  }
  expect(fetched).toBe(1);
  await close();
});

test("numbers are in one scale in every language", async () => {
  const { page, close } = await openPage(stage.browser, "about:blank");
  await page.addInitScript(() => localStorage.setItem("tickertape.settings", JSON.stringify({ locale: "de-DE" })));
  await page.goto(server.url);
  await live(page);
  await expect
    .poll(() => page.locator(".body .row .cell.volume").allTextContents())
    .toSatisfy((texts: string[]) => {
      const known = texts.filter((text) => text !== "–");
      return known.length > 5 && known.every((text) => /^\d{1,3}(,\d{1,2})?[KM]$/.test(text));
    });
  await close();
});

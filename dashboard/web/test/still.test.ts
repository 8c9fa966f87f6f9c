import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { live, type OpenOptions, openPage, refused } from "./support/browser.ts";
import { setStage } from "./support/stage.ts";

const stage = setStage({ TICKERTAPE_FEED_SIM_HALT_EVERY: "1s", TICKERTAPE_BROADCAST_HEARTBEAT: "1s" });

/** Where everything is that is no number, as `left top width height`, to a quarter of a pixel. */
const places = (page: Page): Promise<Record<string, string>> =>
  page.evaluate(() => {
    const all: Record<string, string> = {};
    const add = (name: string, element: Element | null, heightToo = true) => {
      if (!element?.checkVisibility()) return;
      const { left, top, width, height } = element.getBoundingClientRect();
      const numbers = heightToo ? [left, top, width, height] : [left, top, width];
      all[name] = numbers.map((number) => Math.round(number * 4) / 4).join(" ");
    };
    for (const name of ["header", ".brand", ".search", ".badge", ".tools", ".toolbar", "footer", ".list"])
      add(name, document.querySelector(name));
    for (const control of document.querySelectorAll(
      "header button:not(.badge), .toolbar button, .filter input, footer nav > *",
    )) {
      add(`${control.tagName} ${control.getAttribute("title") ?? control.textContent}`, control);
    }
    for (const cell of document.querySelectorAll(".head .cell")) add(`header of ${cell.className}`, cell);
    const first = document.querySelector('.body .row[aria-rowindex="2"]');
    add("first row", first);
    for (const cell of first?.children ?? []) add(`first row's ${cell.className}`, cell);
    return all;
  });

/** Follows what moves without a key or a click, from the start of the page on. */
const followShifts = (page: Page) =>
  page.addInitScript(() => {
    const shifts: { readonly value: number; readonly what: string }[] = [];
    Reflect.set(window, "shifts", shifts);
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const shift = entry as PerformanceEntry & {
          readonly value: number;
          readonly hadRecentInput: boolean;
          readonly sources: readonly { readonly node: Node | null }[];
        };
        if (shift.hadRecentInput) continue;
        const nodes = shift.sources.map(({ node }) => (node instanceof Element ? node.className : node?.nodeName));
        shifts.push({ value: shift.value, what: nodes.join(", ") });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
const shiftsOf = (page: Page) =>
  page.evaluate(() => Reflect.get(window, "shifts") as { readonly value: number; readonly what: string }[]);

/** Opens it where the shifts are followed from its first frame on. */
async function open(width: number, height: number, options: OpenOptions = {}) {
  const opened = await openPage(stage.browser, `${stage.server.url}/protocol.txt`, {
    allow: refused,
    viewport: { width, height },
    ...options,
  });
  await followShifts(opened.page);
  await opened.page.goto(stage.server.url);
  await live(opened.page);
  await opened.page.waitForSelector('.row[data-state="live"]');
  return opened;
}

const sizes = [
  [1440, 900],
  [820, 1180],
  [390, 664],
] as const;

test("nothing moves for a note, the number of rows found, an order that is held, and a note that is closed", async () => {
  for (const [width, height] of sizes) {
    const { page, close } = await open(width, height, { symbols: ["KO", "PEP", "IBM", "MSFT", "AAPL"] });
    await page.locator(".head .time").click(); // an order that changes all the time
    await page.waitForSelector('.head .time[aria-sort="descending"]');
    await page.mouse.move(width / 2, 5);
    const before = await places(page);
    const check = async (when: string, selector: string, state: "attached" | "detached" = "attached") => {
      await page.waitForSelector(selector, { state });
      expect(await places(page), `${width} × ${height}, ${when}`).toEqual(before);
    };
    await page.locator(".filter input").fill("a");
    await check("with a filter", ".found:not(:empty)");
    await page.locator(".filter input").fill("");
    await page.locator('.body .row[aria-rowindex="3"] .symbol').hover();
    await check("while the order is held", '.held[data-on="true"]');
    await page.focus(".grid");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Delete");
    await check("with a note", ".note button");
    const provenance = page.getByRole("button", { name: "Close this note" });
    await provenance.click();
    await check("with the note on prices closed", ".provenance", "detached");
    await close();
  }
});

test("a list has the widths of its own rows", async () => {
  const { page, close } = await openPage(stage.browser, "about:blank");
  await page.addInitScript(() => {
    const lists = [
      { name: "Short", symbols: ["KO"] },
      { name: "Long", symbols: ["KO", "A.VERY.LONG.SYMBOL.NAME"] },
    ];
    if (localStorage.getItem("tickertape.desk")) return;
    localStorage.setItem("tickertape.desk", JSON.stringify({ lists, choice: { kind: "own", name: "Short" } }));
  });
  await page.goto(stage.server.url);
  await page.waitForSelector('.row[data-symbol="KO"][data-state="live"]');
  const width = () => page.locator(".head .symbol").evaluate((cell) => cell.getBoundingClientRect().width);
  const choose = async (name: string, rows: number) => {
    await page.locator(".list-name").click();
    await page.getByRole("menuitemradio", { name }).click();
    await expect.poll(() => page.locator(".body .row").count()).toBe(rows);
  };
  const short = await width();
  await choose("Long", 2);
  await expect.poll(width).toBeGreaterThan(short);
  await choose("Short", 1);
  await expect.poll(width).toBe(short);
  await close();
});

test("nothing moves through halts, silence, and an outage", async () => {
  const opened = await Promise.all(sizes.map(([width, height]) => open(width, height)));
  const before = await Promise.all(opened.map(({ page }) => places(page)));
  for (const place of before) expect(Object.keys(place).length).toBeGreaterThan(20);
  /** Waits until it is so on all pages, and says what has moved there. */
  const check = async (when: string, selector: string) => {
    for (const [index, { page }] of opened.entries()) {
      await page.waitForSelector(selector, { timeout: 30_000, state: "attached" });
      expect(await places(page), `${sizes[index]?.join(" × ")}, ${when}`).toEqual(before[index]);
    }
  };
  const well = '.badge[data-tone="live"]';
  await check("with a symbol halted", '.row[data-state="halted"]');
  stage.server.freeze(true);
  await check("while nothing comes", `.badge:not([data-tone="live"])`);
  await check("when that is taken for an outage", ".notice");
  stage.server.freeze(false);
  await check("when prices come again", well);
  await stage.server.kill();
  await check("without a connection", ".notice");
  await stage.server.start();
  await check("with a connection again", well);
  await check("with prices again", '.row[data-state="live"]');
  for (const [index, { page, close }] of opened.entries()) {
    const shifts = await shiftsOf(page);
    const sum = shifts.reduce((total, { value }) => total + value, 0);
    expect(sum, `${sizes[index]?.join(" × ")}: ${JSON.stringify(shifts)}`).toBeLessThanOrEqual(0.02);
    await close();
  }
});

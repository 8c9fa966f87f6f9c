import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { live, type OpenOptions, openPage, refused } from "./support/browser.ts";
import { startServer } from "./support/server.ts";
import { setStage } from "./support/stage.ts";

const stage = setStage();

/** Where everything is that is no number, as `left top width height`, to a quarter of a pixel, and whether a row is halted. */
const places = (page: Page): Promise<{ readonly places: Record<string, string>; readonly halted: boolean }> =>
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
    for (const name of ["", " .top", " h2", " .big", " .plot", " .tape", " .statistics", " .intervals"])
      add(`.detail${name}`, document.querySelector(`.detail${name}`));
    for (const label of document.querySelectorAll(".detail .side .label")) add(`detail's ${label.textContent}`, label);
    for (const button of document.querySelectorAll(".detail button"))
      add(`detail's ${button.getAttribute("title") ?? button.textContent}`, button);
    return { places: all, halted: document.querySelector('.row[data-state="halted"]') !== null };
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

interface Options extends OpenOptions {
  readonly url?: string;
}

/** Opens it where the shifts are followed from its first frame on. */
async function open(width: number, height: number, { url = stage.server.url, ...options }: Options = {}) {
  const opened = await openPage(stage.browser, new URL("/protocol.txt", url).href, {
    allow: refused,
    viewport: { width, height },
    ...options,
  });
  await followShifts(opened.page);
  await opened.page.goto(url);
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
    const before = (await places(page)).places;
    const check = async (when: string, selector: string, state: "attached" | "detached" = "attached") => {
      await page.waitForSelector(selector, { state });
      expect((await places(page)).places, `${width} × ${height}, ${when}`).toEqual(before);
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

test.each([
  ["the list", "", "2000"],
  ["a detail, on a busy market", "#AAPL", "20000"],
])("nothing moves in %s through halts, silence, and an outage", { timeout: 180_000 }, async (_, hash, rate) => {
  const server = await startServer({
    TICKERTAPE_BROADCAST_HEARTBEAT: "1s",
    TICKERTAPE_FEED_SIM_PAST: "0s",
    TICKERTAPE_FEED_SIM_HALT_EVERY: "30s", // the first is in twenty seconds at the earliest, and lasts for minutes
    TICKERTAPE_FEED_SIM_RATE: rate,
    TICKERTAPE_FEED_SIM_SYMBOLS: "24",
  });
  const opened = await Promise.all(sizes.map(([width, height]) => open(width, height, { url: server.url + hash })));
  // Where everything is while no row is halted.
  const before = await Promise.all(
    opened.map(async ({ page }) => {
      if (hash) await page.waitForSelector('.plot[data-state="drawn"]');
      if (hash) await page.waitForSelector(".tape tbody tr");
      const now = await places(page);
      expect(now.halted).toBe(false);
      return now.places;
    }),
  );
  for (const place of before) expect(Object.keys(place).length).toBeGreaterThan(20);
  /** Waits until it is so on all pages, and says what has moved there. */
  const check = async (when: string, selector: string) => {
    for (const [index, { page }] of opened.entries()) {
      await page.waitForSelector(selector, { timeout: 60_000, state: "attached" });
      expect((await places(page)).places, `${sizes[index]?.join(" × ")}, ${when}`).toEqual(before[index]);
    }
  };
  const well = '.badge[data-tone="live"]';
  await check("with a symbol halted", '.row[data-state="halted"]');
  server.freeze(true);
  await check("while nothing comes", `.badge:not([data-tone="live"])`);
  await check("when that is taken for an outage", ".notice");
  server.freeze(false);
  await check("when prices come again", well);
  await server.kill();
  await check("without a connection", ".notice");
  await server.start();
  await check("with a connection again", well);
  await check("with prices again", '.row[data-state="live"]');
  for (const [index, { page, close }] of opened.entries()) {
    const shifts = await shiftsOf(page);
    const sum = shifts.reduce((total, { value }) => total + value, 0);
    expect(sum, `${sizes[index]?.join(" × ")}: ${JSON.stringify(shifts)}`).toBeLessThanOrEqual(0.02);
    await close();
  }
  await server.close();
});

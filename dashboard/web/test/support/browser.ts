import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import { launch } from "../../tools/chromium.mjs";

export { launch };

export interface OpenOptions extends BrowserContextOptions {
  /** Complaints of the browser that a test provokes on purpose, such as refused connections. */
  readonly allow?: RegExp;
  /** The symbols of the list that is shown, instead of the default list. */
  readonly symbols?: readonly string[];
}

export interface OpenPage {
  readonly page: Page;
  /** Closes it and fails on any script error, console error or violation of the security policy. */
  close(): Promise<void>;
}

export async function openPage(browser: Browser, url: string, options: OpenOptions = {}): Promise<OpenPage> {
  const { allow, symbols, ...contextOptions } = options;
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...contextOptions });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(`console: ${message.text()}`);
  });
  await context.exposeFunction("reportViolation", (text: string) => complaints.push(`policy: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const report: unknown = Reflect.get(window, "reportViolation");
      if (typeof report === "function") report(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  if (symbols) {
    await page.addInitScript((list) => {
      if (localStorage.getItem("tickertape.desk")) return; // a reload keeps what the test has done since
      const choice = { kind: "own", name: "Mine" };
      localStorage.setItem("tickertape.desk", JSON.stringify({ lists: [{ name: "Mine", symbols: list }], choice }));
    }, symbols);
  }
  await page.goto(url);
  return {
    page,
    async close() {
      await context.close();
      expect(complaints.filter((text) => !allow?.test(text))).toEqual([]);
    },
  };
}

/** Waits until the badge says live over this transport. */
export const live = (page: Page, transport = "websocket") =>
  page.waitForSelector(`.badge[data-tone="live"][data-transport="${transport}"]`, { timeout: 20_000 });

/** Opens a page, and waits until its badge says live. */
export async function openLive(browser: Browser, url: string, options: OpenOptions = {}): Promise<OpenPage> {
  const opened = await openPage(browser, url, options);
  await live(opened.page);
  return opened;
}

/** Waits until the last price of some row on the screen is another one. */
export async function pricesMove(page: Page): Promise<void> {
  const read = () => [...document.querySelectorAll(".body .row .last")].map((cell) => cell.textContent);
  await page.waitForFunction(() =>
    [...document.querySelectorAll(".body .row .last")].some((cell) => /\d/.test(cell.textContent)),
  );
  const before = await page.evaluate(read);
  await page.waitForFunction(
    (old) => [...document.querySelectorAll(".body .row .last")].some((cell, i) => cell.textContent !== old[i]),
    before,
    { timeout: 15_000 },
  );
}

/**
 * Runs in the page: the texts of the cells on the screen, from top to bottom, whatever the order of rows in the document is.
 * Without a selector it is the symbols of the rows.
 */
export const textsOfRows = (cell?: string): string[] =>
  [...document.querySelectorAll<HTMLElement>(".body .row")]
    .sort((a, b) => Number(a.getAttribute("aria-rowindex")) - Number(b.getAttribute("aria-rowindex")))
    .map((row) => (cell ? row.querySelector(cell)?.textContent : row.dataset["symbol"]) ?? "");

export const cellsShown = (page: Page, cell: string): Promise<string[]> => page.evaluate(textsOfRows, cell);
/** The symbols on the screen, from top to bottom. */
export const symbolsShown = (page: Page): Promise<string[]> => page.evaluate(textsOfRows, undefined);

/** The items of the menu that is open whose text has this in it. */
export const itemOf = (page: Page, name: string | RegExp) => page.locator(".popup .item", { hasText: name });

/** Opens a menu by its key, and chooses the first item whose text has this in it. */
export async function inMenu(page: Page, key: string, name: string | RegExp): Promise<void> {
  await page.keyboard.press(key);
  await itemOf(page, name).first().click();
}

/** Makes a page believe that it is hidden, or shown again. */
export const turn = (page: Page, state: "hidden" | "visible"): Promise<void> =>
  page.evaluate((value) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, value });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);

/** What a browser complains of when a server goes away or refuses: for `allow`. */
export const refused =
  /ERR_CONNECTION_REFUSED|WebSocket connection to|Failed to load resource|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE/;

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, live, openPage, symbolsShown } from "./support/browser.ts";
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

describe("the detail", () => {
  test("has the price, the book, the day and the newest trades, and they move", async () => {
    const { page, close } = await openPage(browser, server.url);
    await live(page);
    await page.locator('.row[data-symbol="NVDA"] .cell.name').click();
    await page.waitForSelector('.detail[data-state="live"]');
    expect(new URL(page.url()).hash).toBe("#NVDA");
    expect(await page.title()).toBe("NVDA · tickertape");
    expect(await page.textContent(".detail .company")).toBe("Nvidia");
    for (const name of [".big", ".side b", ".side.ask b"]) {
      expect(await page.textContent(`.detail ${name}`)).toMatch(/^\d+\.\d\d$/);
    }
    expect(await page.textContent(".detail p.gap")).toMatch(/^Spread 0\.\d\d, \d+\.\d bps$/);
    expect(await page.textContent(".origin-line")).toMatch(
      /^sim · .* UTC · told by the server .* later · Information Tech/,
    );
    const newest = () => page.textContent(".tape tbody tr");
    await page.waitForSelector(".tape tbody tr");
    const before = await newest();
    await expect.poll(newest, { timeout: 15_000 }).not.toBe(before);
    expect(await page.locator(".tape tbody tr").count()).toBeLessThanOrEqual(40);

    await page.goBack();
    await page.waitForSelector(".detail", { state: "detached" });
    await page.goForward();
    await page.waitForSelector(".detail");
    await page.keyboard.press("Escape");
    await page.waitForSelector(".detail", { state: "detached" });
    await close();
  });

  test("draws candles of each interval, the last of which is the price", async () => {
    const { page, close } = await openPage(browser, `${server.url}/#AAPL`);
    await live(page);
    for (const [interval, name] of [
      ["1m", "1 minute"],
      ["5m", "5 minutes"],
      ["1s", "1 second"],
      ["1d", "1 day"],
    ] as const) {
      await page.locator(`.intervals input[value="${interval}"]`).check();
      await page.waitForSelector('.plot[data-state="drawn"] canvas');
      await page.getByRole("button", { name: "As a table" }).click();
      await page.waitForSelector(`section[aria-label="Bars of AAPL, ${name} each"] tbody tr`);
      const close = page.locator(".bars tbody tr").first().locator("td").nth(3);
      await expect
        .poll(async () => (await close.textContent()) === (await page.textContent(".detail .big")), { timeout: 10_000 })
        .toBe(true);
      await page.getByRole("button", { name: "As a table" }).click();
    }
    const drawn = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLCanvasElement>(".plot canvas")].some((canvas) => {
        const data = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        return data.some((value, i) => i % 4 === 3 && value > 0);
      }),
    );
    expect(drawn).toBe(true);
    for (const name of ["Zoom in", "Zoom out", "Earlier", "Later", "To the newest"]) {
      await page.getByRole("button", { name }).click();
    }
    expect(await page.getByRole("link", { name: "TradingView" }).getAttribute("href")).toBe(
      "https://www.tradingview.com/",
    );
    await close();
  });

  test("is of any symbol, which can be put on the list from there", async () => {
    const { page, close } = await openPage(browser, server.url, { symbols: ["AAPL"] });
    await live(page);
    await page.keyboard.press("/");
    await page.keyboard.type("IBM");
    await page.waitForSelector('.result[aria-selected="true"] >> text=IBM');
    await page.keyboard.press("Shift+Enter");
    await page.waitForSelector('.detail[data-state="live"] >> text=IBM');
    await page.getByRole("button", { name: "Add to list" }).click();
    await expect.poll(() => symbolsShown(page)).toEqual(["AAPL", "IBM"]);
    await page.getByRole("button", { name: "Remove from list" }).click();
    await expect.poll(() => symbolsShown(page)).toEqual(["AAPL"]);
    await page.waitForSelector('.detail[data-state="live"]'); // it is still followed
    await page.getByRole("button", { name: "Close IBM" }).click();
    await page.goto(`${server.url}/#N0PE`);
    await page.reload();
    await page.waitForSelector(".detail >> text=Unknown symbol");
    await close();
  });

  test("is never live while the line is lost", async () => {
    const own = await startServer();
    const { page, close } = await openPage(browser, `${own.url}/#AAPL`, {
      allow: /ERR_|WebSocket connection|Failed to load/,
    });
    await page.waitForSelector('.detail[data-state="live"]');
    await own.kill();
    await page.waitForSelector('.detail[data-state="old"]');
    expect(await page.textContent(".detail .word")).toBe("Not live");
    await own.start();
    await page.waitForSelector('.detail[data-state="live"]', { timeout: 30_000 });
    await page.waitForSelector('.plot[data-state="drawn"]');
    await close();
    await own.close();
  });
});

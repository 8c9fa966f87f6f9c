import { describe, expect, test } from "vitest";
import { openLive, openPage, symbolsShown } from "./support/browser.ts";
import { startServer } from "./support/server.ts";
import { setStage } from "./support/stage.ts";

const stage = setStage();

describe("the detail", () => {
  test("has the price, the book, the day and the newest trades, and they move", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url);
    await page.locator('.row[data-symbol="NVDA"] .cell.name').click();
    await page.waitForSelector('.detail[data-state="live"]');
    expect(new URL(page.url()).hash).toBe("#NVDA");
    // The title is written after the frame, and names and sectors come with an answer of their own.
    await expect.poll(() => page.title()).toBe("NVDA · tickertape");
    await expect.poll(() => page.textContent(".detail .company")).toBe("Nvidia");
    for (const name of [".big", ".side b", ".side.ask b"]) {
      await expect.poll(() => page.textContent(`.detail ${name}`)).toMatch(/^\d+\.\d\d$/);
    }
    await expect.poll(() => page.textContent(".detail p.gap")).toMatch(/^Spread 0\.\d\d, \d+\.\d bps$/);
    await expect
      .poll(() => page.textContent(".origin-line"))
      .toMatch(/^sim · .* UTC · sent by the server .* later · Information Tech/);
    const newest = () => page.textContent(".tape tbody tr");
    await page.waitForSelector(".tape tbody tr");
    const before = await newest();
    await expect.poll(newest).not.toBe(before);
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
    const { page, close } = await openLive(stage.browser, `${stage.server.url}/#AAPL`);
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
      // Both in one look: the price moves on between two.
      const look = () =>
        page.evaluate(() => [
          document.querySelector(".bars tbody td:nth-of-type(4)")?.textContent,
          document.querySelector(".detail .big")?.textContent,
        ]);
      await expect
        .poll(async () => {
          const [close, price] = await look();
          return close === price ? close : `${close} is not ${price}`;
        })
        .toMatch(/^\d+\.\d\d$/);
      await page.getByRole("button", { name: "As a table" }).click();
    }
    // It is drawn with a frame. A copy is read: of a canvas that is read again and again the browser complains.
    await page.waitForFunction(() =>
      [...document.querySelectorAll<HTMLCanvasElement>(".plot canvas")].some((canvas) => {
        const { width, height } = canvas;
        if (width === 0 || height === 0) return false;
        const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
        copy?.drawImage(canvas, 0, 0);
        return copy?.getImageData(0, 0, width, height).data.some((value, i) => i % 4 === 3 && value > 0);
      }),
    );
    for (const name of ["Zoom in", "Zoom out", "Earlier", "Later", "To the newest"]) {
      await page.getByRole("button", { name }).click();
    }
    expect(await page.getByRole("link", { name: "TradingView" }).getAttribute("href")).toBe(
      "https://www.tradingview.com/",
    );
    await close();
  });

  test("is of any symbol, which can be put on the list from there", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["AAPL"] });
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
    await page.waitForURL(({ hash }) => hash === ""); // it goes back, which must not meet the next step
    await page.goto(`${stage.server.url}/#N0PE`);
    await page.reload();
    await page.waitForSelector(".detail >> text=Unknown symbol");
    await close();
  });

  test("opened in the moment that another is closed stays open, and Back closes it", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["AAPL", "MSFT"] });
    await page.locator('.row[data-symbol="AAPL"] .cell.name').click();
    await page.waitForSelector('.detail[data-state="live"] >> text=AAPL');
    await page.evaluate(() => {
      // In one turn: the step back in the history takes longer.
      document.querySelector<HTMLElement>('[aria-label="Close AAPL"]')?.click();
      document.querySelector<HTMLElement>('.row[data-symbol="MSFT"] .cell.name')?.click();
    });
    await page.waitForURL(({ hash }) => hash === "#MSFT");
    await page.waitForSelector('.detail[data-state="live"] >> text=MSFT');
    await page.goBack();
    await page.waitForSelector(".detail", { state: "detached" });
    expect(new URL(page.url()).hash).toBe("");
    await close();
  });

  test("is never live while the connection is lost", { timeout: 90_000 }, async () => {
    const own = await startServer();
    const { page, close } = await openPage(stage.browser, `${own.url}/#AAPL`, {
      allow: /ERR_|WebSocket connection|Failed to load/,
    });
    await page.waitForSelector('.detail[data-state="live"]');
    await own.kill();
    await page.waitForSelector('.detail[data-state="old"]');
    expect(await page.textContent(".detail .word")).toBe("Not live");
    await own.start();
    // It is asked again after half a minute at the latest.
    await page.waitForSelector('.detail[data-state="live"]', { timeout: 50_000 });
    await page.waitForSelector('.plot[data-state="drawn"]');
    await close();
    await own.close();
  });
});

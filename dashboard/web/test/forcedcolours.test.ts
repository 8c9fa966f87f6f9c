import { expect, test } from "vitest";
import { launch, live, openPage } from "./support/browser.ts";
import { startServer } from "./support/server.ts";

test("with forced colours the detail keeps its arrows and both sides of the depth bar", async () => {
  const [browser, server] = await Promise.all([launch(), startServer()]);
  const { page, close } = await openPage(browser, `${server.url}/#AAPL`, { forcedColors: "active" });
  await live(page);
  await page.waitForSelector(".tape tbody tr[data-direction]");
  await page.waitForSelector('.detail[data-state="live"][data-trend]');
  const colours = await page.evaluate(() => {
    const of = (selector: string, pseudo?: string) => {
      const element = document.querySelector(selector);
      return element ? getComputedStyle(element, pseudo).backgroundColor : "missing";
    };
    return {
      page: of(".detail"),
      ask: of(".detail .depth"),
      bid: of(".detail .depth span"),
      move: of(".detail .move", "::before"),
      trade: of(".tape tbody tr[data-direction] .price", "::before"),
    };
  });
  expect(new Set([colours.page, colours.ask, colours.bid]).size).toBe(3);
  expect([colours.move, colours.trade]).not.toContain(colours.page);
  await close();
  await Promise.all([browser.close(), server.close()]);
});

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { complaints } from "./support/axe.ts";
import { launch, live, openPage, pricesMove } from "./support/browser.ts";
import { type Gateway, startProxy } from "./support/proxy.ts";
import { writeRecording } from "./support/recording.ts";
import { type Server, startServer } from "./support/server.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const themes = ["light", "dark"] as const;
const liveRows = (page: Page) => page.locator('.body .row[data-state="live"]').count();

/** The server's own line to its prices is what is taken away here, not the page's to the server. */
describe("a feed from another server", () => {
  let market: Server;
  let line: Gateway;
  let server: Server;

  beforeAll(async () => {
    market = await startServer({ TICKERTAPE_BROADCAST_HEARTBEAT: "500ms" });
    line = await startProxy(market.port);
    server = await startServer({
      TICKERTAPE_FEED_SOURCE: "relay",
      TICKERTAPE_FEED_RELAY_URL: line.url,
      TICKERTAPE_FEED_SILENCE: "2s",
    });
  });
  afterAll(async () => {
    await server.close();
    await line.close();
    await market.close();
  });

  test.each(themes)("is down when its line is dead, and the page says so while its own is well, %s", async (theme) => {
    const { page, close } = await openPage(browser, `${server.url}/#AAPL`, { colorScheme: theme });
    await live(page);
    await pricesMove(page);
    line.hush(true);
    await page.waitForSelector(".notice >> text=The feed is down");
    await page.waitForSelector('.detail[data-state="down"]');
    expect(await liveRows(page)).toBe(0);
    expect(await page.textContent(".badge .state")).toBe("Feed down");
    expect(await page.title()).toContain("Feed down");
    expect(await complaints(page)).toEqual([]);
    line.hush(false);
    await live(page);
    await pricesMove(page);
    expect(await page.locator(".notice").count()).toBe(0);
    await close();
  });
});

describe("a recording", () => {
  test.each(themes)("that pauses is stale, %s", async (theme) => {
    const recording = writeRecording(4, 30, 500, 2, 60);
    const server = await startServer({
      ...recording.environment,
      TICKERTAPE_FEED_SILENCE: "1s",
      TICKERTAPE_FEED_REPLAY_MAX_GAP: "0s",
    });
    const { page, close } = await openPage(browser, server.url, { symbols: recording.symbols, colorScheme: theme });
    await page.waitForSelector(".notice >> text=The feed has been silent", { timeout: 20_000 });
    await expect.poll(() => liveRows(page)).toBe(0);
    expect(await page.textContent(".badge .state")).toBe("Stale");
    expect(await page.textContent(".origin")).toBe("Replay, simulated");
    expect(await complaints(page)).toEqual([]);
    await close();
    await server.close();
    recording.close();
  });
});

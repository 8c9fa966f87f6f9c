import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { complaints } from "./support/axe.ts";
import { live, openPage, pricesMove } from "./support/browser.ts";
import { startProxy } from "./support/proxy.ts";
import { writeRecording } from "./support/recording.ts";
import { startServer } from "./support/server.ts";
import { setBrowser } from "./support/stage.ts";

const stage = setBrowser();

const themes = ["light", "dark"] as const;
const liveRows = (page: Page) => page.locator('.body .row[data-state="live"]').count();

/** The connection that is stalled is that of the server to its source, not that of the page to the server. */
describe("a feed from another server", () => {
  test.each(themes)(
    "is down when its connection is dead, and the page says so while its own is well, %s",
    async (theme) => {
      const market = await startServer({ TICKERTAPE_BROADCAST_HEARTBEAT: "500ms" });
      const source = await startProxy(market.port);
      // One for each test: a server redials a source that has failed within the last minute later and later.
      const server = await startServer({
        TICKERTAPE_FEED_SOURCE: "relay",
        TICKERTAPE_FEED_RELAY_URL: source.url,
        TICKERTAPE_FEED_SILENCE: "2s",
      });
      const { page, close } = await openPage(stage.browser, `${server.url}/#AAPL`, { colorScheme: theme });
      await live(page);
      await pricesMove(page);
      source.stall(true);
      await page.waitForSelector(".notice >> text=The feed has been down");
      await page.waitForSelector('.detail[data-state="down"]');
      // The status comes at once, the symbols' states with the next flush, and each is shown in its own time.
      await expect.poll(() => liveRows(page)).toBe(0);
      await expect.poll(() => page.textContent(".badge .state")).toBe("Feed down");
      await expect.poll(() => page.title()).toContain("Feed down");
      expect(await complaints(page)).toEqual([]);
      source.stall(false);
      await live(page);
      await pricesMove(page);
      await page.waitForSelector(".notice", { state: "detached" });
      await close();
      await server.close();
      await source.close();
      await market.close();
    },
  );
});

describe("a recording", () => {
  test.each(themes)("that pauses is stale, %s", async (theme) => {
    const recording = writeRecording(4, 30, 500, 2, 60);
    const server = await startServer({
      ...recording.environment,
      TICKERTAPE_FEED_SILENCE: "1s",
      TICKERTAPE_FEED_REPLAY_MAX_GAP: "0s",
    });
    const { page, close } = await openPage(stage.browser, server.url, {
      symbols: recording.symbols,
      colorScheme: theme,
    });
    await page.waitForSelector(".notice >> text=The feed has been silent", { timeout: 20_000 });
    await expect.poll(() => liveRows(page)).toBe(0);
    await expect.poll(() => page.textContent(".badge .state")).toBe("Stale");
    expect(await page.textContent(".origin")).toBe("Replay, simulated");
    expect(await complaints(page)).toEqual([]);
    await close();
    await server.close();
    recording.close();
  });

  test.each([
    [1440, "dark"],
    [390, "light"],
  ] as const)("is never live, however many servers are between, at %i px", async (width, theme) => {
    const recording = writeRecording(4, 30, 500, 2, 60);
    const played = await startServer({ ...recording.environment, TICKERTAPE_FEED_REPLAY_LOOP: "true" });
    const relay = (url: string) => startServer({ TICKERTAPE_FEED_SOURCE: "relay", TICKERTAPE_FEED_RELAY_URL: url });
    const between = await relay(played.url);
    const server = await relay(between.url);
    const { page, close } = await openPage(stage.browser, server.url, {
      symbols: recording.symbols,
      colorScheme: theme,
      viewport: { width, height: 800 },
    });
    await expect.poll(() => page.textContent(".badge .state"), { timeout: 20_000 }).toBe("Replay");
    expect(await page.textContent(".origin")).toBe("Replay, simulated");
    await page.waitForSelector(".provenance >> text=The recording is at");
    expect(await page.textContent(".badge")).not.toMatch(/\d d\b/);
    await page.click(".badge");
    await page.waitForSelector(".panel li li >> text=replay (replayed, simulated) has been live");
    expect(await complaints(page)).toEqual([]);
    await close();
    for (const one of [server, between, played]) await one.close();
    recording.close();
  });
});

import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { live, openPage, refused } from "./support/browser.ts";
import { startProxy } from "./support/proxy.ts";
import { known, recordingOf, recordingStart } from "./support/recording.ts";
import { type Server, startServer } from "./support/server.ts";
import { setBrowser } from "./support/stage.ts";

const stage = setBrowser();
let market: Server; // keeps no bars of a second, and has no place for a relay
let origin: Server; // is followed by a relay

const relayOf = (server: Server) =>
  startServer({ TICKERTAPE_FEED_SOURCE: "relay", TICKERTAPE_FEED_RELAY_URL: server.url }, "/api/version");

beforeAll(async () => {
  [market, origin] = await Promise.all([
    startServer({ TICKERTAPE_BROADCAST_BARS_1S: "0", TICKERTAPE_BROADCAST_RELAYS: "0" }),
    startServer(),
  ]);
});
afterAll(async () => {
  await Promise.all([market.close(), origin.close()]);
});

const plot = (page: Page) => page.textContent(".plot .vacant");
const tape = (page: Page) => page.textContent(".tape .vacant");
const spark = '.row[data-symbol="AAPL"] .cell.spark';

test("a chart of an interval of which the server keeps no bars says so", async () => {
  const { page, close } = await openPage(stage.browser, `${market.url}/#AAPL`);
  await page.waitForSelector('.plot[data-state="drawn"]');
  await page.locator('.intervals input[value="1s"]').check();
  await expect.poll(() => plot(page), { timeout: 5000 }).toBe("The server keeps no bars of 1 second.");
  await page.locator('.intervals input[value="5s"]').check();
  await page.waitForSelector('.plot[data-state="drawn"]');
  await close();
});

test("a page that begins with such an interval over server-sent events is live, and says so", async () => {
  const { page, close } = await openPage(stage.browser, "about:blank");
  await page.addInitScript(() => localStorage.setItem("tickertape.settings", JSON.stringify({ interval: "1s" })));
  await page.goto(`${market.url}/?transport=sse#AAPL`);
  await live(page, "sse");
  await expect.poll(() => plot(page), { timeout: 5000 }).toBe("The server keeps no bars of 1 second.");
  await close();
});

test("an unknown symbol is said to be unknown, and has no chart or tape that loads for ever", async () => {
  const { page, close } = await openPage(stage.browser, `${market.url}/#N0PE`, { symbols: ["AAPL"] });
  await page.waitForSelector(".detail >> text=The server does not know N0PE", { timeout: 5000 });
  expect(await page.locator(".detail :is(.plot, .tape, .statistics)").count()).toBe(0);
  await close();
});

test("behind a relay, chart, tape and sparkline are those of the server that it follows", async () => {
  const relay = await relayOf(origin);
  const { page, close } = await openPage(stage.browser, `${relay.url}/#AAPL`, { symbols: ["AAPL"] });
  await live(page);
  await page.waitForSelector('.plot[data-state="drawn"]');
  await page.waitForSelector(".tape tbody tr");
  const points = () => page.evaluate((cell) => document.querySelector(`${cell} .prices`)?.getAttribute("d"), spark);
  await expect.poll(async () => (await points())?.split("L").length).toBeGreaterThanOrEqual(5);
  await close();
  await relay.close();
});

test("behind a relay that gets quotes alone, they say that trades are not sent, and nothing is drawn", async () => {
  const relay = await relayOf(market);
  const { page, close } = await openPage(stage.browser, `${relay.url}/#AAPL`, { symbols: ["AAPL"] });
  await live(page);
  await expect.poll(() => tape(page), { timeout: 5000 }).toMatch(/none is kept here|does not send its trades/);
  await expect.poll(() => tape(page)).toBe("The source of this symbol does not send its trades.");
  await expect.poll(() => plot(page)).toBe("No bars: the source of this symbol does not send its trades.");
  const cell = () =>
    page.evaluate((at) => {
      const found = document.querySelector<HTMLElement>(at);
      return [found?.title, found?.querySelector(".prices")?.getAttribute("d") ?? ""];
    }, spark);
  await expect.poll(cell).toEqual(["There are not yet five prices, five minutes apart.", ""]);
  await close();
  await relay.close();
});

/** Opens the detail of a symbol of a recording that has ended. */
async function openEnded(lines: readonly object[], symbol: string) {
  const recording = recordingOf([known(symbol), ...lines]);
  const replay = await startServer(recording.environment);
  const { page, close } = await openPage(stage.browser, `${replay.url}/#${symbol}`, { symbols: [symbol] });
  await page.waitForSelector(".notice >> text=The recording has ended");
  return {
    page,
    async close() {
      await close();
      await replay.close();
      recording.close();
    },
  };
}
const quote = { k: "quote", b: 100, bz: 1, a: 101, az: 1, t: recordingStart };

test("a symbol that nobody has traded yet has no bars yet, and no trades", async () => {
  const { page, close } = await openEnded([{ ...quote, s: "QUO" }], "QUO");
  await expect.poll(() => plot(page)).toBe("No bars yet.");
  await expect.poll(() => tape(page)).toBe("No trades yet.");
  await close();
});

test("a symbol whose trades were before the server began says how many there were, and that none is kept", async () => {
  const image = { k: "image", s: "IMG", whole: true, p: 100, z: 10, v: 50_000, n: 1234, t: recordingStart };
  const { page, close } = await openEnded([image, { ...quote, s: "IMG" }], "IMG");
  await expect.poll(() => tape(page)).toBe("Of the day’s 1,234 trades, none is kept here.");
  await expect.poll(() => plot(page)).toBe("Of the day’s 1,234 trades, none is kept here.");
  await close();
});

test("a symbol that becomes known has its price, chart and tape then", async () => {
  const late = await startServer();
  const relay = await relayOf(late);
  await late.kill();
  await relay.kill();
  await relay.start(); // with no server to follow, it has no symbols
  const { page, close } = await openPage(stage.browser, `${relay.url}/#AAPL`, { symbols: ["MSFT"] });
  await page.waitForSelector(".detail >> text=The server does not know AAPL");
  await late.start();
  await page.waitForSelector('.detail[data-state="live"]');
  await page.waitForSelector('.plot[data-state="drawn"]');
  await page.waitForSelector(".tape tbody tr");
  await close();
  await Promise.all([relay.close(), late.close()]);
});

test("a chart or a tape that the server refuses says so", async () => {
  const full = await startServer({ TICKERTAPE_BROADCAST_MAX_SERIES: "1" });
  const { page, close } = await openPage(stage.browser, `${full.url}/#AAPL`, { symbols: ["AAPL"] });
  const refused = "The server allows no more charts and tapes at once. The page keeps asking.";
  const both = () => Promise.all([".plot .vacant", ".tape .vacant"].map((at) => page.locator(at).allTextContents()));
  await expect.poll(async () => (await both()).flat()).toContain(refused);
  await expect.poll(() => page.locator('.plot[data-state="drawn"], .tape tbody').count()).toBe(1);
  await close();
  await full.close();
});

test("a tape that is empty fills under the pointer", async () => {
  const proxy = await startProxy(origin.port);
  const { page, close } = await openPage(stage.browser, proxy.url, { symbols: ["AAPL", "MSFT"], allow: refused });
  await live(page);
  await page.locator('.row[data-symbol="AAPL"] .last').click(); // its scripts are there then
  await page.waitForSelector(".tape tbody tr");
  proxy.stall(true);
  await page.locator('.row[data-symbol="MSFT"] .last').click();
  await expect.poll(() => tape(page)).toBe("Loading…");
  await page.locator(".tape .trades").hover();
  proxy.stall(false);
  await page.waitForSelector(".tape tbody tr");
  await close();
  await proxy.close();
});

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, live, openPage, pricesMove } from "./support/browser.ts";
import { type Server, startServer } from "./support/server.ts";

let browser: Browser;
let server: Server;

beforeAll(async () => {
  server = await startServer();
  browser = await launch();
});
afterAll(async () => {
  server.freeze(false); // it could not end otherwise
  await browser.close();
  await server.close();
});

test("the badge is amber within seconds when nothing comes any more, and green when it does", async () => {
  const { page, close } = await openPage(browser, server.url);
  await live(page);
  for (let i = 0; i < 8; i++) await pricesMove(page); // until it is known how often prices come
  server.freeze(true);
  await page.waitForFunction(
    () => /^Quiet \d+ s$/.test(document.querySelector('.badge[data-tone="wait"] .state')?.textContent ?? ""),
    undefined,
    { timeout: 10_000 }, // the connection is not taken for dead before twelve seconds
  );
  expect(await page.locator(".notice").count()).toBe(0);
  server.freeze(false);
  await live(page);
  await close();
});

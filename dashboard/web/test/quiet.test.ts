import { expect, test } from "vitest";
import { live, openPage, pricesMove } from "./support/browser.ts";
import { setStage } from "./support/stage.ts";

const stage = setStage();

test("the badge is amber within seconds when nothing comes any more, and green when it does", async () => {
  const { page, close } = await openPage(stage.browser, stage.server.url);
  await live(page);
  for (let i = 0; i < 8; i++) await pricesMove(page); // until it is known how often prices come
  stage.server.freeze(true);
  await page.waitForFunction(
    () => /^Quiet \d+ s$/.test(document.querySelector('.badge[data-tone="wait"] .state')?.textContent ?? ""),
    undefined,
    { timeout: 10_000 }, // the connection is not taken for dead before twelve seconds
  );
  expect(await page.locator(".notice").count()).toBe(0);
  stage.server.freeze(false);
  await live(page);
  await close();
});

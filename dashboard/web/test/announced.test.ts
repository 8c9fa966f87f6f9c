import { expect, test } from "vitest";
import { inMenu, live, openPage } from "./support/browser.ts";
import { setStage } from "./support/stage.ts";

const stage = setStage();

// Screen readers say what comes into a live region, and nothing of one that comes with its text.
test("what is announced comes into a place that was there before", async () => {
  const { page, close } = await openPage(stage.browser, stage.server.url, { symbols: ["IBM", "XOM", "KO"] });
  await live(page);
  await page.evaluate(() => {
    const filled: string[] = [];
    Reflect.set(window, "filled", filled);
    new MutationObserver((changes) => {
      for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
        if (!(node instanceof Element)) continue;
        for (const status of [node, ...node.querySelectorAll("*")]) {
          if (status.matches("[role=status]") && status.textContent) filled.push(status.outerHTML);
        }
      }
    }).observe(document.body, { subtree: true, childList: true });
  });
  /** Waits until this is announced. */
  const said = (text: string) => page.waitForSelector(`[role=status]:has-text("${text}")`, { state: "attached" });

  await page.locator('.row[data-symbol="XOM"]').hover();
  await page.getByRole("button", { name: "Remove XOM" }).click();
  await said("XOM removed.");
  await page.locator(".filter input").fill("ib");
  await page.waitForSelector(".found:not(:empty)");
  await page.locator(".filter input").press("Escape");
  await page.focus(".grid");
  await inMenu(page, "Shift+L", "Share as a link…");
  await page.getByRole("button", { name: /^Copy/ }).click();
  await page.waitForSelector(".dialog [role=status]:not(:empty)");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".dialog", { state: "detached" });
  await inMenu(page, "Shift+L", "Import…");
  await page.locator(".dialog textarea").fill("KO PEP N0PE");
  await said("2 found.");
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await said("2 symbols imported");
  await page.locator('.body .row[data-symbol="KO"] .last').click();
  await said("Details of KO");
  await page.keyboard.press("/");
  await page.keyboard.type("coca cola");
  await said("found.");
  expect(await page.evaluate(() => Reflect.get(window, "filled"))).toEqual([]);
  await close();
});

test("the place of notes is there before the first one, and a long one does not cut its Undo", async () => {
  const { page, close } = await openPage(stage.browser, stage.server.url, {
    symbols: ["KO", "IBM"],
    viewport: { width: 1000, height: 700 },
  });
  await live(page);
  const place = () =>
    page.locator("footer .note").evaluate((note) => [getComputedStyle(note).display === "none", note.textContent]);
  expect(await place()).toEqual([false, ""]);
  await page.locator('.body .row[data-symbol="KO"] .remove-button').click();
  await page.waitForSelector(".note button");
  const within = await page.evaluate(() => {
    const [note, text, button] = [".note", ".note .text", ".note button"].map((one) => document.querySelector(one));
    if (!note || !text || !button) return null;
    text.textContent = "A long note. ".repeat(50);
    return button.getBoundingClientRect().right <= note.getBoundingClientRect().right;
  });
  expect(within).toBe(true);
  await close();
});

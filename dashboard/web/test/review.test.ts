import { expect, test } from "vitest";
import { live, openPage } from "./support/browser.ts";
import { setStage } from "./support/stage.ts";

const stage = setStage({ TICKERTAPE_FEED_SIM_RATE: "50" });
const symbols = ["NVDA", "MSFT", "KO", "IBM", "AAPL"];

test("selected text stays selected when the rows come into another order", async () => {
  const { page, close } = await openPage(stage.browser, stage.server.url, { symbols });
  await live(page);
  const shown = () =>
    page.evaluate(() => [...document.querySelectorAll(".body .ticker")].map((one) => one.textContent));
  await page.locator(".head .symbol").click();
  await expect.poll(shown).toEqual([...symbols].reverse());
  const selected = () =>
    page.evaluate(() =>
      [getSelection()?.anchorNode, getSelection()?.focusNode].map(
        (node) => node?.parentElement?.closest<HTMLElement>(".row")?.dataset["symbol"],
      ),
    );
  await page.evaluate(() => {
    const text = (symbol: string) => document.querySelector(`.row[data-symbol="${symbol}"] .company`)?.firstChild;
    const [from, to] = [text("IBM"), text("MSFT")];
    if (from && to) getSelection()?.setBaseAndExtent(from, 1, to, 1);
  });
  await page.keyboard.press("Control+z");
  await expect.poll(shown).toEqual(symbols);
  expect(await selected()).toEqual(["IBM", "MSFT"]);
  await close();
});

test("the place of notes is there before the first one, and a long one does not cut its Undo", async () => {
  const { page, close } = await openPage(stage.browser, stage.server.url, {
    symbols,
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

test("on cards the keys meet no hidden cell, and what comes under the open sheet cannot be reached", async () => {
  const { page, close } = await openPage(stage.browser, stage.server.url, {
    symbols,
    viewport: { width: 390, height: 664 },
  });
  await live(page);
  await page.keyboard.press("Shift+C");
  expect(await page.locator(".popup").count()).toBe(0);
  await page.focus(".grid");
  await page.keyboard.press("ArrowDown");
  for (const key of ["End", "ArrowLeft", "ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown", "End"]) {
    await page.keyboard.press(key);
    const seen = await page.evaluate(
      () => document.getElementById(document.activeElement?.getAttribute("aria-activedescendant") ?? "")?.offsetWidth,
    );
    expect(seen, key).toBeGreaterThan(0);
  }
  await page.keyboard.press("Enter");
  await page.waitForSelector(".detail[aria-modal]");
  const covered = await page.evaluate(async () => {
    const late = document.createElement("button");
    document.querySelector("main")?.append(late);
    await new Promise(requestAnimationFrame);
    const inert = late.closest("[inert]") !== null;
    late.remove();
    return [inert, document.querySelector(".note")?.closest("[inert]") ?? null];
  });
  expect(covered).toEqual([true, null]);
  await close();
});

test("paper is light, whatever theme was chosen", async () => {
  const { page, close } = await openPage(stage.browser, stage.server.url, { symbols });
  await live(page);
  const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  await page.evaluate(() => {
    document.documentElement.dataset["theme"] = "dark";
  });
  expect(await scheme()).toBe("dark");
  await page.emulateMedia({ media: "print" });
  expect(await scheme()).toBe("light");
  await close();
});

test("with forced colours the focused item has a frame, and the chosen interval the colours of what is chosen", async () => {
  const { page, close } = await openPage(stage.browser, `${stage.server.url}/#AAPL`, {
    forcedColors: "active",
    symbols,
  });
  await live(page);
  await page.waitForSelector(".intervals input:checked + span");
  const [interval, chosen] = await page.evaluate(() => {
    const probe = document.createElement("span");
    probe.style.cssText = "forced-color-adjust: none; color: HighlightText";
    document.body.append(probe);
    const span = document.querySelector(".intervals input:checked + span");
    const colours = [span, probe].map((one) => one && getComputedStyle(one).color);
    probe.remove();
    return colours;
  });
  expect(interval).toBe(chosen);
  await page.locator(".list-name").click();
  await page.waitForSelector(".popup .item:focus");
  expect(await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle)).toBe("solid");
  await close();
});

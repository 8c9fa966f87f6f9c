import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { openLive, symbolsShown } from "./support/browser.ts";
import { setStage } from "./support/stage.ts";

const stage = setStage();

/** Types into the search, and returns the symbols that are found. */
async function find(page: Page, text: string): Promise<readonly string[]> {
  const answer = page.waitForResponse((response) => new URL(response.url()).searchParams.get("query") === text);
  await page.getByRole("combobox").fill(text);
  const { symbols } = (await (await answer).json()) as { readonly symbols: readonly { readonly symbol: string }[] };
  const found = symbols.map(({ symbol }) => symbol);
  const shown = () => page.locator(".result .ticker").allTextContents();
  await expect.poll(shown).toEqual(found);
  return found;
}

describe("a search", () => {
  test("finds what people type, the best traded first", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["IBM"] });
    for (const [text, symbol] of [
      ["brk b", "BRK.B"],
      ["brkb", "BRK.B"],
      ["jp morgan", "JPM"],
      ["Coca Cola", "KO"],
      ["cola coca", "KO"],
      ["mcdonalds", "MCD"],
    ] as const) {
      expect((await find(page, text))[0], text).toBe(symbol);
    }
    // Apple is traded for more than all whose symbols begin with AP.
    expect((await find(page, "ap"))[0]).toBe("AAPL");
    await page.keyboard.press("Enter");
    await expect.poll(() => symbolsShown(page)).toEqual(["IBM", "AAPL"]);
    await close();
  });

  test("shows the price of what is found, as the list does, and whether it is live", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["KO"] });
    await find(page, "coca cola");
    await page.waitForSelector('.result[data-state="live"]');
    const sample = () =>
      page.evaluate(
        () =>
          new Promise<readonly string[]>((done) => {
            requestAnimationFrame(() =>
              setTimeout(() => {
                const text = (selector: string) => document.querySelector(selector)?.textContent ?? "";
                done([
                  text(".result .price"),
                  text('.row[data-symbol="KO"] .last'),
                  text(".result .percent"),
                  text('.row[data-symbol="KO"] .percent'),
                ]);
              }),
            );
          }),
      );
    let before: string | undefined;
    const deadline = Date.now() + 40_000;
    for (let changes = 0; changes < 10; ) {
      expect(Date.now(), `after ${changes} changes`).toBeLessThan(deadline);
      const [price, last, change, percent] = await sample();
      expect(price).toMatch(/\d/);
      expect([price, change]).toEqual([last, percent]);
      if (before !== undefined && price !== before) changes++;
      before = price;
    }
    await close();
  });

  test("says what it has found, and that it has found nothing", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["IBM"] });
    const status = page.locator('.search [role="status"]');
    expect(await status.textContent()).toBe("");
    await find(page, "coca cola");
    await expect.poll(() => status.textContent()).toMatch(/^\d+ symbols? found\.$/);
    await page.getByRole("combobox").fill("no such company");
    await expect.poll(() => status.textContent()).toBe("No symbol or name matches “no such company”.");
    await close();
  });
});

test("the filter of a list finds by the same rule", async () => {
  const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["IBM", "BRK.B", "KO", "JPM"] });
  for (const [text, symbol] of [
    ["brk b", "BRK.B"],
    ["coca cola", "KO"],
    ["chase jp", "JPM"],
  ] as const) {
    await page.getByLabel("Filter the list").fill(text);
    await expect.poll(() => symbolsShown(page)).toEqual([symbol]);
  }
  await close();
});

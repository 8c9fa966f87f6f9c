import { expect, test } from "vitest";
import { live, openPage } from "./support/browser.ts";
import { setStage } from "./support/stage.ts";

const stage = setStage({ TICKERTAPE_FEED_SIM_HALT_EVERY: "3s" });

test("with forced colours arrows, bars, marks and pills are still seen, and numbers have no frames", async () => {
  const { page, close } = await openPage(stage.browser, `${stage.server.url}/#AAPL`, { forcedColors: "active" });
  await live(page);
  await page.waitForSelector(".tape tbody tr[data-direction]");
  await page.waitForSelector('.detail[data-state="live"][data-trend]');
  await page.waitForSelector('.row[data-tick][data-state="live"]');
  await page.waitForSelector("span.status:not(:empty)");
  await page.locator(".head .symbol").click();
  await page.focus(".grid");
  await page.keyboard.press("ArrowRight");
  await page.waitForSelector(".body .cell[data-active]");
  const seen = await page.evaluate(() => {
    const styleOf = (selector: string, pseudo?: string) => {
      const element = document.querySelector(selector);
      if (!element) throw new Error(`${selector} is missing`);
      return getComputedStyle(element, pseudo);
    };
    const of = (selector: string, pseudo?: string) => styleOf(selector, pseudo).backgroundColor;
    const frameOf = (selector: string) => {
      const { outlineStyle, outlineWidth, borderTopWidth } = styleOf(selector);
      return outlineStyle !== "none" && outlineWidth !== "0px"
        ? "outline"
        : borderTopWidth !== "0px"
          ? "border"
          : "none";
    };
    return {
      page: of(".detail"),
      ask: of(".detail .depth"),
      bid: of(".detail .depth span"),
      shapes: {
        move: of(".detail .move", "::before"),
        trade: of(".tape tbody tr[data-direction] .price", "::before"),
        last: of('.row[data-tick][data-state="live"] .last', "::before"),
        sorted: of('.head .cell[aria-sort="ascending"]', "::after"),
        range: of(".row .track"),
        place: of(".row .track .at", "::before"),
        dot: of(".badge .dot"),
        interval: of(".intervals input:checked + span"),
      },
      frames: {
        open: frameOf('.row[aria-selected="true"]'),
        active: frameOf(".cell[data-active]"),
        status: frameOf("span.status:not(:empty)"),
        value: frameOf(".cell:not([data-flash]) .value"),
      },
    };
  });
  expect(new Set([seen.page, seen.ask, seen.bid]).size).toBe(3);
  for (const [name, colour] of Object.entries(seen.shapes)) {
    expect([seen.page, "rgba(0, 0, 0, 0)"], name).not.toContain(colour);
  }
  expect(seen.frames).toEqual({ open: "outline", active: "outline", status: "border", value: "none" });
  await close();
});

test("with forced colours the focused item has a frame, and the chosen interval the colours of what is chosen", async () => {
  const { page, close } = await openPage(stage.browser, `${stage.server.url}/#AAPL`, {
    forcedColors: "active",
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

import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { cellsShown, inMenu, itemOf, live, openLive, openPage, symbolsShown } from "./support/browser.ts";
import { startServer } from "./support/server.ts";
import { setStage } from "./support/stage.ts";

const stage = setStage();

const labels = (page: Page) =>
  page.evaluate(() => [...document.querySelectorAll(".head .label")].map((label) => label.textContent));

describe("lists", () => {
  test("are made, filled, renamed, kept over a visit and deleted", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url);
    await inMenu(page, "Shift+L", "New list…");
    await page.keyboard.type("Metals");
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=This list is empty");
    await page.waitForSelector("dialog", { state: "detached" }); // its keys are its own
    await page.keyboard.press("/");
    await page.keyboard.type("freeport");
    await page.waitForSelector('.result[aria-selected="true"] >> text=FCX');
    await page.keyboard.press("Enter");
    await page.waitForSelector('.row[data-symbol="FCX"][data-state="live"]');
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await inMenu(page, "Shift+L", "Rename…");
    await page.locator(".dialog input").fill("Ores");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.textContent(".list-name .name")).toBe("Ores");

    await page.reload();
    await live(page);
    await expect.poll(() => symbolsShown(page)).toEqual(["FCX"]);
    await inMenu(page, "Shift+L", "Delete this list");
    await expect.poll(() => page.textContent(".list-name .name")).toBe("leaders");
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => symbolsShown(page)).toEqual(["FCX"]);
    await close();
  });

  test("take what is typed while the scripts of menu and dialog are on their way", async () => {
    const { page, close } = await openPage(stage.browser, "about:blank");
    /** Keeps a script back until it is passed. */
    const keepBack = async (script: RegExp) => {
      let pass = () => {};
      const passed = new Promise<void>((resolve) => {
        pass = resolve;
      });
      await page.route(script, (route) => passed.then(() => route.continue()));
      return pass;
    };
    const passMenu = await keepBack(/\/menus-[^/]*\.js/);
    const passDialog = await keepBack(/\/dialogs-[^/]*\.js/);
    await page.goto(stage.server.url);
    await live(page);
    await page.keyboard.press("Shift+L");
    await page.keyboard.type("new");
    await page.keyboard.press("Enter");
    passMenu();
    await page.keyboard.type("Metalx");
    await page.keyboard.press("Backspace");
    await page.keyboard.type("s");
    await page.keyboard.press("Enter");
    passDialog();
    await expect.poll(() => page.textContent(".list-name .name")).toBe("Metals");
    expect(await page.inputValue(".filter input")).toBe("");
    await close();
  });

  test("of the server are changed in a copy", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url);
    await page.locator('.row[data-symbol="MSFT"]').hover();
    await page.getByRole("button", { name: "Remove MSFT" }).click();
    await expect
      .poll(() => page.textContent(".note"))
      .toContain("MSFT removed. Your copy of the list is “My leaders”.");
    expect(await symbolsShown(page)).not.toContain("MSFT");
    await page.keyboard.press("]");
    await page.keyboard.press("[");
    await expect.poll(() => page.textContent(".list-name .name")).toBe("My leaders");
    await close();
  });

  test("by sector and of everything are ready", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url);
    await page.keyboard.press("Shift+L");
    await itemOf(page, "Utilities").click();
    await page.waitForSelector('.row[data-symbol="NEE"][data-state="live"]');
    await inMenu(page, "Shift+L", "All symbols");
    await expect.poll(() => page.getAttribute(".grid", "aria-rowcount")).toBe("501");
    await page.waitForSelector('.body .row[data-state="live"]');
    await close();
  });

  test("are shared as a link, which changes nothing of the reader's own", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["IBM", "XOM"] });
    await page.locator('[role="columnheader"].symbol').click();
    await inMenu(page, "Shift+L", "Share as a link…");
    const link = await page.inputValue(".dialog input");
    expect(link).toBe(`${stage.server.url}/?s=IBM,XOM&list=Mine&sort=symbol`);
    await close();

    const other = await openPage(stage.browser, link, { symbols: ["F"] });
    await live(other.page);
    await expect.poll(() => symbolsShown(other.page)).toEqual(["IBM", "XOM"]);
    expect(await other.page.textContent(".list-name .name")).toBe("Mine");
    await other.page.goto(stage.server.url);
    await live(other.page);
    await expect.poll(() => symbolsShown(other.page)).toEqual(["F"]);
    await other.page.goto(link);
    await live(other.page);
    await other.page.getByRole("button", { name: "Keep this list" }).click();
    await other.page.goto(stage.server.url);
    await live(other.page);
    await expect.poll(() => symbolsShown(other.page)).toEqual(["IBM", "XOM"]);
    await other.close();
  });

  test("come and go as text", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["IBM"] });
    await inMenu(page, "Shift+L", "Import…");
    await page.locator(".dialog textarea").fill("# from elsewhere\nNYSE:XOM, aapl; N0PE\nMSFT");
    await page.waitForSelector("text=3 found. Not known here: N0PE.");
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await expect.poll(() => symbolsShown(page)).toEqual(["XOM", "AAPL", "MSFT"]);
    await inMenu(page, "Shift+L", "Export as text…");
    expect(await page.inputValue(".dialog textarea")).toBe("# Imported\nXOM\nAAPL\nMSFT\n");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("Imported.txt");
    await close();
  });
});

describe("columns", () => {
  test("are chosen, dragged and sized, and kept", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url);
    await page.keyboard.press("Shift+C");
    await itemOf(page, "VWAP").click();
    await itemOf(page, "Bid").click();
    await page.keyboard.press("Escape");
    expect(await labels(page)).toContain("VWAP");
    expect(await labels(page)).not.toContain("Bid");

    await page.locator(".head .volume").dragTo(page.locator(".head .name"));
    await expect.poll(async () => (await labels(page)).slice(0, 3)).toEqual(["Symbol", "Volume", "Name"]);
    expect(await page.getAttribute(".head .volume", "aria-sort")).toBe("none"); // a drag sorts nothing

    const width = () => page.evaluate(() => document.querySelector(".head .last")?.getBoundingClientRect().width ?? 0);
    const before = await width();
    await page.locator(".head .last .grip").hover(); // wherever it is by now: columns grow with what they show
    await page.mouse.down();
    const grip = (await page.locator(".head .last .grip").boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.mouse.move(grip.x + grip.width / 2 + 40, grip.y + grip.height / 2, { steps: 4 });
    await page.mouse.up();
    expect(await width()).toBeCloseTo(before + 40, -1);

    await page.reload();
    await live(page);
    await expect.poll(async () => (await labels(page)).slice(0, 3)).toEqual(["Symbol", "Volume", "Name"]);
    expect(await width()).toBeCloseTo(before + 40, -1);
    await inMenu(page, "Shift+C", "Reset the columns");
    await expect.poll(() => labels(page)).toContain("Bid");
    await close();
  });

  test("show the spread, the average and the state where they are asked for", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["AAPL"] });
    for (const name of ["Spread", "VWAP", "Status"]) {
      await page.keyboard.press("Shift+C");
      await itemOf(page, name).click();
      await page.keyboard.press("Escape");
    }
    const row = page.locator('.row[data-symbol="AAPL"]');
    await expect.poll(() => row.locator(".cell.spread").textContent()).toMatch(/^0\.\d\d$/);
    await expect.poll(() => row.locator(".cell.vwap").textContent()).toMatch(/^\d+\.\d\d$/);
    await expect.poll(() => row.locator(".cell.status").textContent()).toBe("Live");
    await close();
  });

  test("have the day as a picture that goes on", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["AAPL"] });
    const path = () => page.getAttribute('.row[data-symbol="AAPL"] .prices', "d");
    await expect.poll(path).toMatch(/^M1 /);
    const before = await path();
    await expect.poll(path).not.toBe(before);
    await close();
  });
});

describe("the filter", () => {
  test("takes what is typed anywhere, and says how much is left", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url);
    await page.keyboard.type("micro");
    await expect.poll(() => symbolsShown(page)).toEqual(["MSFT"]);
    expect(await page.textContent(".found")).toBe("1 of 24");
    await page.keyboard.type("zzz");
    await page.waitForSelector("text=Nothing here matches “microzzz”");
    await page.keyboard.press("Escape");
    await expect.poll(async () => (await symbolsShown(page)).length).toBe(24);
    await close();
  });
});

describe("5,000 symbols", () => {
  test("are sorted while they stream, held still under the pointer, and walked to the end", async () => {
    const busy = await startServer({ TICKERTAPE_FEED_SIM_SYMBOLS: "5000", TICKERTAPE_FEED_SIM_RATE: "10000" });
    const { page, close } = await openLive(stage.browser, `${busy.url}/?s=*&sort=-percent`);
    await expect.poll(() => page.getAttribute(".grid", "aria-rowcount")).toBe("5001");
    const percents = async () => {
      const texts = await cellsShown(page, ".percent");
      return texts.slice(0, 12).map((text) => Number(text.replace("−", "-").replace("%", "")));
    };
    await expect
      .poll(async () => {
        const shown = await percents();
        return shown.every((value, i) => i === 0 || value <= (shown[i - 1] ?? 0) + 0.05) && (shown[0] ?? 0) > 0.5;
      })
      .toBe(true);
    await page.locator('.body .row[aria-rowindex="2"]').hover(); // in sight: nothing scrolls to it
    const order = await symbolsShown(page);
    await page.waitForSelector('.held[data-on="true"]', { timeout: 20_000 }); // it would be another one by now
    expect(await symbolsShown(page)).toEqual(order);
    await page.mouse.move(700, 20);
    await expect.poll(() => symbolsShown(page)).not.toEqual(order);

    await page.focus(".grid");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Control+End");
    await page.waitForSelector('.body .row[aria-rowindex="5001"]:not([hidden])');
    expect(await page.locator(".body .row").count()).toBeLessThan(60);
    await close();
    await busy.close();
  });
});

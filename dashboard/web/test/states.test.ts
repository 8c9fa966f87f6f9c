import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { complaints } from "./support/axe.ts";
import { launch, live, openLive, openPage, pricesMove, refused, symbolsShown } from "./support/browser.ts";
import { startProxy } from "./support/proxy.ts";
import { startServer } from "./support/server.ts";
import { setStage } from "./support/stage.ts";

const stage = setStage({ TICKERTAPE_BROADCAST_HEARTBEAT: "1s" });

const settings = (page: Page, value: object) =>
  page.evaluate((kept) => localStorage.setItem("tickertape.settings", JSON.stringify(kept)), value);

// To look at a page by all the rules takes seconds on a busy machine, and is done many times here.
describe("accessible", { timeout: 180_000 }, () => {
  const schemes = ["green-red", "red-green", "blue-orange"] as const;
  test.each(["light", "dark"] as const)("in each colour scheme, with the detail open, %s", async (theme) => {
    const { page, close } = await openLive(stage.browser, `${stage.server.url}/#AAPL`);
    for (const scheme of schemes) {
      await settings(page, { theme, scheme });
      await page.reload();
      await live(page);
      await page.waitForSelector('.plot[data-state="drawn"]');
      await page.waitForSelector(".tape tbody tr");
      expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe(theme);
      expect(await complaints(page), `${theme} ${scheme}`).toEqual([]);
    }
    await close();
  });

  test.each(["light", "dark"] as const)("with each menu and dialog open, %s", async (colorScheme) => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { colorScheme });
    const check = async (what: string, open: () => Promise<void>, shown: string) => {
      await open();
      await page.waitForSelector(shown);
      expect(await complaints(page), what).toEqual([]);
      await page.keyboard.press("Escape");
      await page.waitForSelector(shown, { state: "detached" });
    };
    await check("lists", () => page.keyboard.press("Shift+L"), '.popup[role="menu"]');
    await check("columns", () => page.keyboard.press("Shift+C"), '.popup[role="menu"]');
    await check("settings", () => page.keyboard.press(","), ".dialog[open] .settings");
    await check("keys", () => page.keyboard.press("?"), ".dialog[open] .keys");
    await check("about", () => page.getByRole("button", { name: "About" }).click(), ".dialog[open] .about");
    await check("badge", () => page.locator(".badge").click(), ".panel");
    const arrange = async () => {
      await page.keyboard.press("Shift+C");
      await page.locator(".popup .item", { hasText: "Arrange the columns…" }).click();
    };
    await check("columns as a list", arrange, ".dialog[open] .arrange");
    for (const name of ["New list…", "Share as a link…", "Import…", "Export as text…"]) {
      const open = async () => {
        await page.keyboard.press("Shift+L");
        await page.locator(".popup .item", { hasText: name }).click();
      };
      await check(name, open, ".dialog[open]");
    }
    await page.locator(".body .row .symbol").first().click();
    const move = page.getByRole("button", { name: "Move in the list" });
    await check("moving a row", () => move.click(), '.popup[role="menu"]');
    await close();
  });

  test.each(["light", "dark"] as const)("paused, searched, filtered, walked and changed, %s", async (colorScheme) => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { colorScheme });
    const check = async (what: string, shown: string) => {
      await page.waitForSelector(shown);
      expect(await complaints(page), what).toEqual([]);
    };
    await page.keyboard.press("Shift+P");
    await check("paused", ".notice >> text=Paused");
    await page.keyboard.press("Shift+P");
    await live(page);
    await page.keyboard.press("/");
    await page.keyboard.type("micro");
    await check("found", '.result[aria-selected="true"]');
    await page.keyboard.type("xyz");
    await check("not found", ".results >> text=No symbol or name matches");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.focus(".grid");
    for (const key of ["ArrowRight", "ArrowRight", "Enter", "ArrowDown"]) await page.keyboard.press(key);
    await check("sorted and walked", ".row[data-activerow]");
    await page.keyboard.press("Delete");
    await check("changed", ".note >> text=removed");
    await page.keyboard.type("qqq");
    await check("nothing left", ".vacancy >> text=Nothing here matches");
    await close();
  });

  test("with nothing to show, no server, and on a phone", async () => {
    const own = await startServer();
    const { page, close } = await openPage(stage.browser, own.url, {
      symbols: [],
      allow: refused,
      viewport: { width: 390, height: 844 },
      hasTouch: true,
    });
    await page.waitForSelector("text=This list is empty");
    expect(await complaints(page)).toEqual([]);
    await page.getByRole("button", { name: "Show the default list" }).click();
    await live(page);
    expect(await complaints(page)).toEqual([]);
    await page.locator(".body .row .cell.symbol").first().tap();
    await page.waitForSelector('.plot[data-state="drawn"]');
    expect(await complaints(page)).toEqual([]);
    const box = await page.locator(".detail").boundingBox();
    expect(box).toMatchObject({ x: 0, y: 0, width: 390, height: 844 });
    await page.locator(".detail .top button").last().tap();
    const row = page.locator('.body .row[data-symbol="AAPL"]');
    expect(await row.locator(".bid").isVisible()).toBe(false);
    await settings(page, { density: "roomy" });
    await page.reload();
    await page.waitForSelector('.row[data-symbol="AAPL"][data-state="live"]');
    for (const column of ["last", "change", "percent", "bid", "ask", "volume", "time"]) {
      expect(await row.locator(`.${column}`).isVisible(), column).toBe(true);
    }
    expect(await complaints(page)).toEqual([]);
    await own.kill();
    await page.waitForSelector(".notice >> text=Connection lost");
    expect(await complaints(page)).toEqual([]);
    await close();
    await own.close();
  });
});

describe("the connection", () => {
  test("that goes silent without closing is noticed, and taken up again", async () => {
    const proxy = await startProxy(stage.server.port);
    const { page, close } = await openLive(stage.browser, proxy.url, { allow: refused });
    await pricesMove(page);
    proxy.stall(true);
    await page.waitForSelector('.grid[data-live="false"]', { timeout: 15_000 });
    await page.waitForFunction(() => document.querySelector('.body .row[data-state="live"]') === null); // drawn a frame later
    proxy.stall(false);
    await live(page);
    await pricesMove(page);
    await close();
    await proxy.close();
  });

  test("is looked at again when the machine has slept, and ages are by the clock of then", async () => {
    const proxy = await startProxy(stage.server.port);
    const { page, close } = await openLive(stage.browser, proxy.url, { allow: refused });
    proxy.stall(true);
    await page.evaluate(() => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + 3_600_000; // it is an hour later at once
    });
    await page.waitForSelector('.grid[data-live="false"]', { timeout: 15_000 });
    proxy.stall(false);
    await live(page);
    await pricesMove(page);
    await expect.poll(() => page.textContent(".badge .newest b"), { timeout: 10_000 }).toMatch(/^\d+(\.\d)? s$/); // seconds, and not the hour that the clock was wrong by
    await close();
    await proxy.close();
  });

  test("is one for two tabs, and stays when the first is closed", async () => {
    const own = await startServer();
    const context = await stage.browser.newContext();
    const first = await context.newPage();
    await first.goto(own.url);
    await live(first);
    const second = await context.newPage();
    await second.goto(`${own.url}/?s=IBM,XOM`);
    await live(second);
    await second.waitForSelector('.row[data-symbol="IBM"][data-state="live"]');
    await expect.poll(own.subscribers).toBe(1);
    await second.locator(".badge").click();
    expect(await second.textContent(".panel")).toContain("The connection of another tab");
    await pricesMove(first);
    await first.close();
    await second.waitForSelector(".panel >> text=This tab’s connection");
    await live(second);
    await second.waitForSelector('.row[data-symbol="IBM"][data-state="live"]');
    await expect.poll(own.subscribers).toBe(1);
    await context.close();
    await own.close();
  });

  test("is given back with a page that is left, and taken up when the back button fetches it", async () => {
    const own = await startServer();
    const keeping = await launch("--disable-back-forward-cache");
    const { page, close } = await openLive(keeping, own.url);
    await page.evaluate(() => {
      addEventListener("pageshow", ({ persisted }) => document.body.setAttribute("data-kept", String(persisted)));
    });
    await page.goto(`${own.url}/protocol.txt`);
    await expect.poll(own.subscribers).toBe(0);
    await page.goBack({ waitUntil: "commit" }); // a kept page is not loaded again
    await page.waitForSelector('body[data-kept="true"]');
    await live(page);
    await pricesMove(page);
    await expect.poll(own.subscribers).toBe(1);
    await close();
    await keeping.close();
    await own.close();
  });

  test("gives a later tab the history of what only other tabs follow", async () => {
    const context = await stage.browser.newContext();
    const open = async (path: string) => {
      const page = await context.newPage();
      await page.goto(stage.server.url + path);
      await live(page);
      return page;
    };
    const bars = async (page: Page) => {
      await page.waitForSelector('.plot[data-state="drawn"]');
      await page.getByRole("button", { name: "As a table" }).click();
      await page.waitForSelector(".bars tbody tr");
      return page.locator(".bars tbody tr").count();
    };
    const leader = await open("");
    const one = await bars(await open("/#IBM"));
    const other = await bars(await open("/#IBM"));
    expect(one).toBeGreaterThan(5);
    expect(other).toBeGreaterThanOrEqual(one);
    expect(await leader.locator(".detail").count()).toBe(0);
    await context.close();
  });
});

describe("settings", () => {
  test("change how it looks, and are kept", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url);
    const colour = (selector: string, name: string) =>
      page.evaluate(
        ([s, n]) => getComputedStyle(document.querySelector(s ?? "") as Element).getPropertyValue(n ?? ""),
        [selector, name],
      );
    const row = () => page.evaluate(() => document.querySelector(".body .row")?.getBoundingClientRect().height);
    const [green, red] = [await colour(":root", "--up"), await colour(":root", "--down")];
    await expect.poll(row).toBe(28);
    await page.keyboard.press(",");
    for (const [name, value] of [
      ["theme", "dark"],
      ["scheme", "red-green"],
      ["density", "roomy"],
      ["times", "utc"],
      ["locale", "de-DE"],
      ["rate", "1"],
      ["flash", "off"],
    ]) {
      await page.locator(`.settings input[name$="-${name}"][value="${value}"]`).check();
    }
    await page.keyboard.press("Escape");
    await page.reload();
    await live(page);
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe("dark");
    expect(await colour(":root", "--up")).not.toBe(green);
    expect(await colour(":root", "--up")).not.toBe(red); // the dark one of it
    await expect.poll(row).toBe(36);
    await expect.poll(() => page.textContent('.row[data-symbol="LLY"] .last')).toMatch(/^1\.0\d\d,\d\d$/);
    expect(await page.textContent("footer .zone")).toBe("Times in UTC");
    await page.locator(".badge").click();
    expect(await page.textContent(".panel")).toContain("1 a second at most");
    await expect
      .poll(async () => Number.parseInt((await page.textContent(".badge .rate b")) ?? "", 10))
      .toBeLessThan(40);
    await close();
  });
});

describe("the keyboard alone", () => {
  test("does everything", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["MSFT", "AAPL", "XOM"] });
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
    const toItem = async (name: string) => {
      await page.waitForSelector(".popup :focus");
      for (let i = 0; i < 60 && !(await focused()).startsWith(name); i++) await press("ArrowDown");
      expect(await focused()).toContain(name);
    };

    // The table: sort, move and size a column, open, move and remove a row.
    await page.focus(".grid");
    await press("ArrowRight", "ArrowRight", "Alt+Shift+ArrowLeft", "Alt+ArrowRight", "Enter");
    const labels = () => page.locator(".head .label").allTextContents();
    expect((await labels()).slice(0, 3)).toEqual(["Symbol", "Last", "Name"]);
    expect(await page.getAttribute(".head .last", "aria-sort")).toBe("descending");
    await press("Enter", "Enter");
    expect(await page.getAttribute(".head .last", "aria-sort")).toBe("none");
    await press("ArrowDown", "Alt+ArrowDown");
    const rows = () => symbolsShown(page);
    await expect.poll(rows).toEqual(["AAPL", "MSFT", "XOM"]);

    // The detail: opened, read, its interval changed, shown as a table, closed; the focus comes back.
    await press("Enter");
    await page.waitForSelector('.detail[data-state="live"]');
    expect(await page.textContent(".detail h2")).toBe("MSFT");
    await press("F6");
    for (let i = 0; i < 10 && !(await page.evaluate(() => document.activeElement?.matches(".intervals input"))); i++) {
      await press("Tab");
    }
    await press("ArrowRight");
    expect(await page.isChecked('.intervals input[value="5m"]')).toBe(true);
    for (
      let i = 0;
      i < 10 && (await page.evaluate(() => document.activeElement?.getAttribute("title"))) !== "As a table";
      i++
    ) {
      await press("Tab");
    }
    await press("Enter");
    await page.waitForSelector(".bars tbody tr");
    await press("Escape");
    await page.waitForSelector(".detail", { state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("grid");

    // Menus: a column, a new list, another list, a sector.
    await press("Shift+C");
    await toItem("VWAP");
    await press("Enter", "Escape");
    await expect.poll(labels).toContain("VWAP");
    await press("Shift+L");
    await toItem("New list…");
    await press("Enter");
    await page.waitForSelector(".dialog input");
    await page.keyboard.type("Keys");
    await press("Enter");
    await expect.poll(() => page.textContent(".list-name .name")).toBe("Keys");
    await press("/");
    await page.keyboard.type("ibm");
    await page.waitForSelector('.result[aria-selected="true"] >> text=IBM');
    await press("Enter"); // it may be the first of what was found for less of it: then the answer to all of it is awaited
    await expect.poll(rows).toEqual(["IBM"]);
    await press("Escape", "Escape");
    await press("[");
    await expect.poll(() => page.textContent(".list-name .name")).toBe("Mine");

    // Pause, settings, the sheet, the badge.
    await press("Shift+P");
    await page.waitForSelector('.grid[data-live="false"]');
    await press("Shift+P");
    await live(page);
    await press(",");
    await page.waitForSelector(".dialog[open] .settings");
    for (let i = 0; i < 5 && !(await page.evaluate(() => document.activeElement?.matches("[name$='-theme']"))); i++)
      await press("Tab");
    await press("ArrowRight");
    expect(await page.getAttribute("html", "data-theme")).toBe("dark");
    await press("Escape", "?");
    await page.waitForSelector(".dialog[open] .keys");
    await press("Escape");
    await page.waitForSelector(".dialog", { state: "detached" });
    await page.focus(".badge");
    await press("Enter");
    await page.waitForSelector(".panel");
    await press("Escape");
    await page.waitForSelector(".panel", { state: "detached" });

    // The filter, and the way back to the table.
    await page.focus(".grid");
    await page.keyboard.type("exx");
    await expect.poll(rows).toEqual(["XOM"]);
    await press("ArrowDown", "ArrowDown", "Delete");
    await expect.poll(() => page.textContent(".note")).toContain("XOM removed");
    await close();
  });
});

describe("a menu", () => {
  test("keeps its place when more comes into it while it is open", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url);
    let answer = () => {};
    const asked = new Promise<void>((done) => {
      answer = done;
    });
    await page.route(/\/api\/symbols\?symbols=(\*|%2A)/, async (route) => {
      await asked;
      await route.continue();
    });
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
    await page.keyboard.press("Shift+L");
    await page.waitForSelector(".popup"); // its script is fetched a moment after the first prices
    await page.keyboard.press("End");
    expect(await focused()).toBe("Export as text…");
    expect(await page.locator(".popup .heading", { hasText: "Sectors" }).count()).toBe(0);
    answer();
    await page.waitForSelector(".popup .heading >> text=Sectors");
    expect(await focused()).toBe("Export as text…");
    await page.keyboard.press("ArrowUp");
    expect(await focused()).toBe("Import…");
    await page.keyboard.press("Escape");
    await page.waitForSelector('.popup[role="menu"]', { state: "detached" });
    await close();
  });
});

describe("on paper and enlarged", () => {
  test("it prints as a table with the time and what is wrong", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url);
    await page.waitForSelector('.row[data-symbol="AAPL"][data-state="live"] >> text=Apple Inc.'); // it prints what is there
    await page.emulateMedia({ media: "print" });
    await page.waitForSelector(".print tbody tr");
    expect(await page.locator(".print tbody tr").count()).toBe(24);
    expect(await page.textContent(".print p")).toMatch(
      /^Printed .* UTC\. Times in .*\. In the list’s own order\. These prices are made up/,
    );
    expect(await page.textContent(".print tbody tr")).toMatch(/^AAPLApple Inc\.\d+\.\d\d.*\d\d:\d\d:\d\d$/);
    expect(await page.locator("#app").isVisible()).toBe(false);
    expect((await page.pdf()).subarray(0, 5).toString()).toBe("%PDF-");
    await page.emulateMedia({ media: "screen" });
    await page.waitForSelector(".print", { state: "detached" });
    expect(await page.locator(".grid").isVisible()).toBe(true);
    await close();
  });

  test("nothing is lost at 200 %", async () => {
    const { page, close } = await openLive(stage.browser, `${stage.server.url}/#AAPL`, {
      viewport: { width: 720, height: 450 },
      deviceScaleFactor: 2,
    });
    await page.waitForSelector('.plot[data-state="drawn"]');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(720);
    await page.locator(".detail .tape").scrollIntoViewIfNeeded();
    expect(await page.locator(".tape h3").isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    await page.locator(".badge").click();
    const panel = (await page.locator(".panel").boundingBox()) ?? { x: -1, width: 9999 };
    expect(panel.x).toBeGreaterThanOrEqual(0);
    expect(panel.x + panel.width).toBeLessThanOrEqual(720);
    await page.keyboard.press("Escape");
    await page.keyboard.press(",");
    const dialog = (await page.locator(".dialog").boundingBox()) ?? { height: 9999 };
    expect(dialog.height).toBeLessThanOrEqual(450);
    expect(await complaints(page)).toEqual([]);
    await close();
  });
});

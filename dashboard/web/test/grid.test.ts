import type { BrowserContextOptions, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { complaints } from "./support/axe.ts";
import { live, openPage, symbolsShown } from "./support/browser.ts";
import { setStage } from "./support/stage.ts";

const stage = setStage({ TICKERTAPE_FEED_SIM_SYMBOLS: "1000", TICKERTAPE_FEED_SIM_HALT_EVERY: "0s" });

const four = ["AAPL", "MSFT", "NVDA", "XOM"];

/** A page with live prices of these symbols, or of all. */
async function open(symbols: readonly string[] | "all" = four, options: BrowserContextOptions = {}) {
  const opened = await openPage(stage.browser, symbols === "all" ? `${stage.server.url}/?s=*` : stage.server.url, {
    ...(symbols !== "all" && { symbols }),
    ...options,
  });
  await live(opened.page);
  await opened.page.waitForSelector('.body .row[data-state="live"]');
  return opened;
}

const rowOf = (symbol: string) => `.body .row[data-symbol="${symbol}"]`;
const cellOf = (symbol: string, column: string) => `${rowOf(symbol)} .cell.${column}`;
const focused = (page: Page) => page.evaluate(() => document.activeElement?.className);
/** The symbol of the detail; null if none is open. */
const detailOf = (page: Page) => page.evaluate(() => document.querySelector(".detail h2")?.textContent ?? null);
/** The symbols of the rows that are marked as selected. */
const selected = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.body .row[aria-selected="true"]')].map((row) => row.dataset["symbol"]),
  );
/** The symbols as they stand in the document. */
const inDocument = (page: Page) =>
  page.evaluate(() => [...document.querySelectorAll<HTMLElement>(".body .row")].map((row) => row.dataset["symbol"]));

describe("the detail follows the table", () => {
  test("and the focus stays where the reader left it", async () => {
    const { page, close } = await open();
    await page.focus(".grid");
    for (const key of ["ArrowDown", "ArrowRight", "ArrowRight", "Enter"]) await page.keyboard.press(key);
    await page.waitForSelector(".detail");
    expect([await focused(page), await detailOf(page), await selected(page)]).toEqual(["grid", "AAPL", ["AAPL"]]);
    await expect.poll(() => page.locator("[role=status]").allTextContents()).toContain("Details of AAPL");

    await page.keyboard.press("ArrowDown");
    await expect.poll(() => detailOf(page)).toBe("MSFT");
    expect([await focused(page), await selected(page)]).toEqual(["grid", ["MSFT"]]);
    await page.waitForURL(({ hash }) => hash === "#MSFT");
    await page.waitForSelector('.plot[data-state="drawn"]');
    await expect.poll(() => page.locator("[role=status]").allTextContents()).toContain("Details of MSFT");
    expect(await page.getAttribute(".grid", "aria-multiselectable")).toBe("false");
    const fills = await page.evaluate(
      (rows) => rows.map((row) => getComputedStyle(document.querySelector(row) as Element).backgroundColor),
      [rowOf("MSFT"), rowOf("XOM")],
    );
    expect(fills[0]).not.toBe(fills[1]);
    for (const [key, symbol] of [
      ["Control+End", "XOM"],
      ["Control+Home", "AAPL"],
      ["PageDown", "XOM"],
      ["PageUp", "AAPL"],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(() => detailOf(page), { message: key }).toBe(symbol);
    }

    // Into the detail, and back.
    await page.keyboard.press("F6");
    expect(await focused(page)).toBe("detail");
    await page.keyboard.press("F6");
    expect(await focused(page)).toBe("grid");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.closest(".detail") !== null)).toBe(true);
    await page.keyboard.press("Escape");
    await page.waitForSelector(".detail", { state: "detached" });
    expect([await focused(page), await selected(page)]).toEqual(["grid", []]);
    await page.keyboard.press(" ");
    await expect.poll(() => selected(page)).toEqual(["AAPL"]);
    await page.keyboard.press("Escape");
    await expect.poll(() => selected(page)).toEqual([]);
    expect(await focused(page)).toBe("grid");
    await close();
  });

  test("after a click, too, and Back closes it", async () => {
    const { page, close } = await open();
    await page.locator(cellOf("MSFT", "name")).click();
    await page.waitForSelector(".detail");
    expect(await focused(page)).toBe("grid");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => detailOf(page)).toBe("NVDA");
    await page.waitForURL(({ hash }) => hash === "#NVDA");
    await page.keyboard.press("Delete");
    await expect.poll(() => detailOf(page)).toBe("XOM");
    await page.goBack();
    await page.waitForSelector(".detail", { state: "detached" });
    expect(await selected(page)).toEqual([]);
    await close();
  });

  test("but what costs more waits until the arrow rests", async () => {
    const { page, close } = await openPage(stage.browser, stage.server.url, { symbols: four });
    const asked: string[] = [];
    page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => {
        const { type, trades } = JSON.parse(String(payload)) as { type: string; trades?: string[] };
        if (type === "subscribe") asked.push(...(trades ?? []));
      }),
    );
    await page.reload();
    await live(page);
    await page.focus(".grid");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect.poll(() => asked).toEqual(["AAPL"]);
    await page.waitForSelector(".tape tbody tr");
    await page.evaluate(() => {
      const down = { key: "ArrowDown", bubbles: true, cancelable: true };
      for (let i = 0; i < 3; i++) document.querySelector(".grid")?.dispatchEvent(new KeyboardEvent("keydown", down));
    });
    await expect.poll(() => detailOf(page)).toBe("XOM");
    await expect.poll(() => asked).toEqual(["AAPL", "XOM"]);
    await expect.poll(() => page.evaluate(() => location.hash)).toBe("#XOM");
    await close();
  });

  test("and says so if its script cannot be fetched, until it can", async () => {
    const { page, close } = await openPage(stage.browser, "about:blank", { allow: /Failed to load resource/ });
    await page.route(/assets\/detail-/, (route) => route.abort());
    await page.goto(stage.server.url);
    await live(page);
    await page.locator(".body .row .name").first().click();
    await page.waitForSelector("footer .note >> text=The detail could not be loaded.");
    await page.waitForURL(({ hash }) => hash === "");
    await page.unroute(/assets\/detail-/);
    await expect
      .poll(async () => {
        await page.locator(".body .row .name").nth(1).click();
        return page.locator(".detail").count();
      })
      .toBe(1);
    await close();
  });

  test("on a phone it is a sheet, which has the focus until it is closed", async () => {
    const { page, close } = await open(four, { viewport: { width: 390, height: 664 }, hasTouch: true, isMobile: true });
    await page.locator(rowOf("MSFT")).tap();
    await page.waitForSelector('.detail[role="dialog"][aria-modal="true"]');
    expect(await focused(page)).toBe("detail");
    await page.waitForSelector('.plot[data-state="drawn"]');
    // What it covers cannot be reached.
    const outside = await page.evaluate(() =>
      [...document.querySelectorAll("button, input, a, [tabindex]")]
        .filter((one) => !one.closest(".detail, [inert]"))
        .map((one) => one.outerHTML.slice(0, 80)),
    );
    expect(outside).toEqual([]);
    expect(await complaints(page)).toEqual([]);
    await page.getByRole("button", { name: "Close MSFT" }).tap();
    await page.waitForSelector(".detail", { state: "detached" });
    expect([await focused(page), await page.locator("[inert]").count()]).toEqual(["grid", 0]);
    await page.locator(rowOf("XOM")).tap();
    await page.waitForSelector('.detail[role="dialog"]');
    await page.goBack();
    await page.waitForSelector(".detail", { state: "detached" });
    expect([await focused(page), await page.locator("[inert]").count()]).toEqual(["grid", 0]);
    await close();
  });
});

describe("who does not see the table", () => {
  test("meets the rows in their order, however they were scrolled and sorted", async () => {
    const { page, close } = await open("all");
    const disorder = () =>
      page.evaluate(() => {
        const rows = [...document.querySelectorAll(".body .row")].map((row) =>
          Number(row.getAttribute("aria-rowindex")),
        );
        if (rows.length < 20) return `${rows.length} rows`;
        return rows.some((row, index) => index > 0 && row !== (rows[index - 1] ?? 0) + 1) ? rows.join() : "";
      });
    for (const top of [7, 400, 300, 9000, 8990, 0]) {
      await page.evaluate((y) => {
        const grid = document.querySelector(".grid");
        if (grid) grid.scrollTop = y;
      }, top);
      await page.waitForFunction((y) => {
        const height = document.querySelector<HTMLElement>(".body .row")?.offsetHeight ?? 1;
        const rows = [...document.querySelectorAll(".body .row")].map((one) =>
          Number(one.getAttribute("aria-rowindex")),
        );
        return rows.includes(Math.floor(y / height) + 2);
      }, top);
      await expect.poll(disorder, { message: `scrolled to ${top}` }).toBe("");
    }
    await page.locator(".head .last").click();
    await page.mouse.move(700, 5);
    await expect.poll(disorder).toBe("");
    await page.keyboard.type("tech");
    await expect.poll(disorder).toBe("");
    await close();
  });

  test("hears words for arrow, range and picture, which are no part of the text", async () => {
    const { page, close } = await open();
    const cdp = await page.context().newCDPSession(page);
    const heard = async (column: string): Promise<string> => {
      const { root } = await cdp.send("DOM.getDocument");
      const selector = `.body .row[data-tick] .cell.${column}`;
      const { nodeId } = await cdp.send("DOM.querySelector", { nodeId: root.nodeId, selector });
      if (nodeId === 0) return "none";
      const { nodes } = await cdp.send("Accessibility.queryAXTree", { nodeId });
      return String(nodes[0]?.name?.value ?? "");
    };
    await expect.poll(() => heard("last")).toMatch(/^\d+\.\d\d (up|down)$/);
    await expect.poll(() => heard("range")).toMatch(/^low \d+\.\d\d last \d+\.\d\d high \d+\.\d\d$/);
    await expect.poll(() => heard("spark")).toMatch(/^Day: (up|down) \d+\.\d\d%, low \d+\.\d\d, high \d+\.\d\d$/);
    expect(await page.textContent(cellOf("AAPL", "last"))).toMatch(/^\d+\.\d\d$/);
    await close();
  });

  test("is told nothing wrong: detail, selected row, sorted, whole table selected", async () => {
    const { page, close } = await open();
    await page.locator(".head .percent").click();
    await page.locator(rowOf("MSFT")).click({ position: { x: 200, y: 10 } });
    await page.waitForSelector('.plot[data-state="drawn"]');
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Control+a");
    expect(await complaints(page)).toEqual([]);
    await close();
  });
});

describe("the button that removes a row", () => {
  test("takes one row with a double click, and another one when the pointer has moved", async () => {
    const { page, close } = await open();
    const button = page.locator(`${rowOf("AAPL")} .remove-button`);
    const box = await button.boundingBox();
    if (!box) throw new Error("there is no button");
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.dblclick(x, y);
    await expect.poll(() => inDocument(page)).toEqual(["MSFT", "NVDA", "XOM"]);
    await page.mouse.click(x, y); // an impatient third one
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    expect(await inDocument(page)).toEqual(["MSFT", "NVDA", "XOM"]);
    await page.mouse.move(x + 8, y);
    await page.mouse.click(x + 8, y);
    await expect.poll(() => inDocument(page)).toEqual(["NVDA", "XOM"]);
    expect(await detailOf(page)).toBeNull();
    await close();
  });

  test("takes one row with a double tap", async () => {
    const { page, close } = await open(four, { hasTouch: true });
    const box = await page.locator(`${rowOf("AAPL")} .remove-button`).boundingBox();
    if (!box) throw new Error("there is no button");
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.touchscreen.tap(x, y);
    await page.touchscreen.tap(x, y);
    await expect.poll(() => inDocument(page)).toEqual(["MSFT", "NVDA", "XOM"]);
    // A tap later than a second one of a double tap takes the next row.
    await expect
      .poll(
        async () => {
          await page.touchscreen.tap(x, y);
          return inDocument(page);
        },
        { interval: 700 },
      )
      .toEqual(["NVDA", "XOM"]);
    await close();
  });
});

describe("text", () => {
  const drag = async (page: Page, from: string, to: string) => {
    const [one, other] = [await page.locator(from).boundingBox(), await page.locator(to).boundingBox()];
    if (!one || !other) throw new Error("there is no such cell");
    await page.mouse.move(one.x + 10, one.y + one.height / 2);
    await page.mouse.down();
    await page.mouse.move(one.x + 30, one.y + one.height / 2, { steps: 3 });
    await page.mouse.move(other.x + other.width - 8, other.y + other.height / 2, { steps: 5 });
    await page.mouse.up();
  };
  const text = (page: Page) => page.evaluate(() => document.getSelection()?.toString() ?? "");
  /** Presses the keys that copy, and returns what would go to the clipboard; empty where the browser decides. */
  const copied = async (page: Page): Promise<string> => {
    await page.evaluate(() => {
      Reflect.deleteProperty(window, "copied");
      addEventListener(
        "copy",
        ({ clipboardData, defaultPrevented }) => {
          Reflect.set(window, "copied", defaultPrevented ? clipboardData?.getData("text/plain") : "");
        },
        { once: true },
      );
    });
    await page.keyboard.press("Control+c");
    return page.evaluate(() => {
      const text: unknown = Reflect.get(window, "copied");
      if (typeof text !== "string") throw new Error("nothing was asked to copy");
      return text;
    });
  };
  const note = (page: Page) => page.evaluate(() => document.querySelector("footer .note")?.textContent ?? "");
  /** What copies is fetched after the start. */
  const ready = (page: Page) => expect.poll(() => copied(page)).not.toBe("");

  test("is selected with the mouse without opening the detail, which a plain click does", async () => {
    const { page, close } = await open();
    await drag(page, cellOf("AAPL", "name"), cellOf("AAPL", "name"));
    expect(await text(page)).not.toBe("");
    expect(await detailOf(page)).toBeNull();
    await drag(page, cellOf("MSFT", "name"), cellOf("XOM", "name"));
    expect(await text(page)).toContain("NVDA");
    expect(await detailOf(page)).toBeNull();
    await page.locator(cellOf("XOM", "bid")).click();
    await expect.poll(() => detailOf(page)).toBe("XOM");
    expect(await text(page)).toBe("");
    await page.evaluate(() => history.back());
    await page.waitForSelector(".detail", { state: "detached" });
    const opened = await page.evaluate(() => history.length);
    await page.locator(".ticker >> text=MSFT").dblclick();
    await expect.poll(() => detailOf(page)).toBe("MSFT");
    expect((await text(page)).trim()).toBe("MSFT");
    expect(await page.evaluate(() => history.length)).toBe(opened);
    await close();
  });

  test("of the active row, of rows with selected text, and of all rows is copied for spreadsheets", async () => {
    const { page, close } = await open("all");
    await page.focus(".grid");
    await page.keyboard.press("ArrowDown");
    await ready(page);
    const shown = await page.evaluate(() =>
      [...document.querySelectorAll(".head .label")].map((label) => label.textContent ?? ""),
    );
    const headings = shown.flatMap((label) =>
      label === "Day" ? [] : label === "Day range" ? ["Day low", "Day high"] : label,
    );

    const row = (await copied(page)).split("\t");
    expect(row.length).toBe(headings.length);
    const value = (name: string) => row[headings.indexOf(name)] ?? "";
    expect(value("Symbol")).toBe(await page.getAttribute('.body .row[aria-rowindex="2"]', "data-symbol"));
    for (const name of ["Last", "Bid", "Day low"]) expect(value(name)).toMatch(/^\d+\.\d+$/);
    expect(value("Change")).toMatch(/^-?\d+\.\d+$/);
    expect(value("Change %")).toMatch(/^-?\d+\.\d\d%$/);
    expect(value("Volume")).toMatch(/^\d+$/);
    await expect.poll(() => note(page)).toBe("1 row copied.");

    const names = await inDocument(page);
    await drag(page, '.body .row[aria-rowindex="4"] .name', '.body .row[aria-rowindex="6"] .last');
    const rows = (await copied(page)).split("\n").map((line) => line.split("\t"));
    expect(rows[0]).toEqual(headings);
    expect(rows.slice(1).map(([symbol]) => symbol)).toEqual(names.slice(2, 5));
    await expect.poll(() => note(page)).toBe("3 rows copied.");
    // Rows are taken by their places: those between the ends count, also when they have left the document.
    await page.evaluate(() => {
      const grid = document.querySelector(".grid");
      if (grid) grid.scrollTop = 9000;
    });
    await page.waitForSelector('.body .row[aria-rowindex="320"]');
    await page.keyboard.down("Shift");
    await page.locator(".body .row .name").nth(20).click();
    await page.keyboard.up("Shift");
    const many = (await copied(page)).split("\n");
    expect(many.length).toBeGreaterThan(300);
    expect(many[1]?.split("\t")[0]).toBe(names[2]);
    expect(await detailOf(page)).toBeNull();

    await page.keyboard.press("Control+a");
    expect((await copied(page)).split("\n").length).toBe(1001);
    await expect.poll(() => note(page)).toBe("1,000 rows copied.");
    await page.keyboard.press("ArrowDown"); // the active row is copied again
    expect((await copied(page)).split("\n").length).toBe(1);
    await close();
  });
});

describe("paper", () => {
  const paper = (page: Page) =>
    page.evaluate(() => ({
      title: document.querySelector(".print h1")?.textContent,
      remarks: document.querySelector(".print p")?.textContent,
      headings: [...document.querySelectorAll(".print thead th")].map((cell) => cell.textContent),
      symbols: [...document.querySelectorAll(".print tbody th")].map((cell) => cell.textContent),
      cells: [...document.querySelectorAll(".print tbody tr")].map((row) => row.children.length),
    }));

  test("has the list, columns and order that are shown", async () => {
    const { page, close } = await open();
    await page.locator(".head .volume").click();
    await page.keyboard.press("Shift+C");
    await page.getByRole("menuitemcheckbox", { name: "Bid" }).click();
    await page.getByRole("menuitemcheckbox", { name: "VWAP" }).click();
    await page.keyboard.press("Escape");
    const order = await symbolsShown(page);
    await page.emulateMedia({ media: "print" });
    await page.waitForSelector(".print tbody tr");
    const printed = await paper(page);
    expect(printed.title).toBe("Mine");
    expect(printed.remarks).toMatch(/^Printed .*\. Times in .*\. Sorted by Volume, descending\. /);
    expect(printed.headings).toEqual([
      ...[
        "Symbol",
        "Name",
        "Last",
        "Change",
        "Change %",
        "Day",
        "Ask",
        "Volume",
        "VWAP",
        "Day low",
        "Day high",
        "Updated",
      ],
    ]);
    expect(printed.symbols).toEqual(order);
    expect(new Set(printed.cells)).toEqual(new Set([12]));
    await page.emulateMedia({ media: "screen" });
    await page.keyboard.type("corp");
    await expect.poll(() => page.locator(".body .row").count()).toBeLessThan(4);
    await page.emulateMedia({ media: "print" });
    await expect.poll(async () => (await paper(page)).title).toBe("Mine, filtered by “corp”");
    expect((await paper(page)).symbols.length).toBe(await page.locator(".body .row").count());
    await close();
  });

  test("of a whole exchange says how much of it there is", async () => {
    const { page, close } = await open("all");
    await page.emulateMedia({ media: "print" });
    await page.waitForSelector(".print tbody tr");
    expect((await paper(page)).symbols.length).toBe(500);
    expect(await page.textContent(".print p:last-child")).toBe("These are the first 500 of 1000 symbols.");
    await close();
  });
});

test("selected text stays selected when the rows come into another order", async () => {
  const five = ["NVDA", "MSFT", "KO", "IBM", "AAPL"];
  const { page, close } = await openPage(stage.browser, stage.server.url, { symbols: five });
  await live(page);
  const shown = () =>
    page.evaluate(() => [...document.querySelectorAll(".body .ticker")].map((one) => one.textContent));
  await page.locator(".head .symbol").click();
  await expect.poll(shown).toEqual([...five].reverse());
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
  await expect.poll(shown).toEqual(five);
  expect(await selected()).toEqual(["IBM", "MSFT"]);
  await close();
});

test("on cards the keys meet no hidden cell, and what comes under the open sheet cannot be reached", async () => {
  const { page, close } = await openPage(stage.browser, stage.server.url, {
    symbols: four,
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

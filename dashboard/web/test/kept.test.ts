import type { BrowserContext, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { inMenu, live, openLive, openPage, symbolsShown } from "./support/browser.ts";
import { known, recordingOf, recordingStart } from "./support/recording.ts";
import { startServer } from "./support/server.ts";
import { setStage } from "./support/stage.ts";

const stage = setStage();

const title = (page: Page) => page.textContent(".list-name .name");
const note = (page: Page) => page.textContent(".note");
const theme = (page: Page) => page.getAttribute("html", "data-theme");
/** The names of the reader's own lists, as the menu has them. */
const ownLists = async (page: Page): Promise<readonly string[]> => {
  await page.keyboard.press("Shift+L");
  await page.waitForSelector(".popup");
  const names = await page.evaluate(() => {
    const all = [...document.querySelectorAll(".popup > *")];
    const from = all.findIndex((one) => one.textContent === "Your lists");
    const to = all.findIndex((one) => one.textContent === "Lists of this server");
    return from < 0 ? [] : all.slice(from + 1, to).map((one) => one.querySelector(".text")?.textContent ?? "");
  });
  await page.keyboard.press("Escape");
  return names;
};
const makeList = async (page: Page, name: string) => {
  await inMenu(page, "Shift+L", "New list…");
  await page.locator(".dialog input").fill(name);
  await page.keyboard.press("Enter");
  await expect.poll(() => title(page)).toBe(name);
};
const removeRow = async (page: Page, symbol: string) => {
  await page.locator(`.row[data-symbol="${symbol}"]`).hover();
  await page.getByRole("button", { name: `Remove ${symbol}`, exact: true }).click();
  await expect.poll(() => symbolsShown(page)).not.toContain(symbol);
};
const anotherWindow = async (context: BrowserContext, url = stage.server.url): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(url);
  await live(page);
  return page;
};
/** Two windows of one browser; the second has what is kept by the first. */
const twoWindows = async (symbols?: readonly string[]) => {
  const first = await openPage(stage.browser, stage.server.url, symbols ? { symbols } : {});
  await live(first.page);
  return { a: first.page, b: await anotherWindow(first.page.context()), close: first.close };
};

describe("two windows", () => {
  test("keep the lists of both, and show them at once", async () => {
    const { a, b, close } = await twoWindows();
    await makeList(a, "Alpha");
    await makeList(b, "Beta");
    await expect.poll(() => ownLists(a)).toEqual(["Alpha", "Beta"]);
    await expect.poll(() => ownLists(b)).toEqual(["Alpha", "Beta"]);
    await a.reload();
    await live(a);
    expect(await ownLists(a)).toEqual(["Alpha", "Beta"]);
    expect([await title(a), await title(b)]).toEqual(["Alpha", "Beta"]); // each shows its own
    await close();
  });

  test("change one list together, and undo takes back its own change alone", async () => {
    const { a, b, close } = await twoWindows(["IBM", "XOM", "F", "KO"]);
    await removeRow(a, "XOM");
    await removeRow(b, "F");
    await expect.poll(() => symbolsShown(a)).toEqual(["IBM", "KO"]);
    await a.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => symbolsShown(a)).toEqual(["IBM", "XOM", "KO"]);
    await expect.poll(() => symbolsShown(b)).toEqual(["IBM", "XOM", "KO"]);
    await b.reload();
    await live(b);
    await expect.poll(() => symbolsShown(b)).toEqual(["IBM", "XOM", "KO"]);
    await close();
  });

  test("merge settings one by one, and follow them live", async () => {
    const { a, b, close } = await twoWindows();
    await a.keyboard.press(",");
    await a.locator("[data-setting=theme] [data-value=dark]").click();
    await a.keyboard.press("Escape");
    await expect.poll(() => theme(b)).toBe("dark");
    await b.keyboard.press(",");
    await b.locator("[data-setting=density] [data-value=roomy]").click();
    await expect.poll(() => a.getAttribute("html", "data-density")).toBe("roomy");
    await a.reload();
    expect([await theme(a), await a.getAttribute("html", "data-density")]).toEqual(["dark", "roomy"]);
    await close();
  });
});

describe("undo", () => {
  test("goes back through all changes by the keyboard, and forth again", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["IBM", "XOM", "F"] });
    await removeRow(page, "XOM");
    await removeRow(page, "F");
    await page.locator(".head .symbol").click();
    await expect.poll(() => page.getAttribute(".head .symbol", "aria-sort")).toBe("ascending");
    await inMenu(page, "Shift+C", "VWAP");
    await page.keyboard.press("Escape");
    await page.waitForSelector(".head .vwap");

    await page.keyboard.press("Control+z");
    await expect.poll(() => page.locator(".head .vwap").count()).toBe(0);
    expect(await note(page)).toBe("Undone: Columns changed.");
    await page.keyboard.press("Control+z");
    await expect.poll(() => page.getAttribute(".head .symbol", "aria-sort")).toBe("none");
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
    await expect.poll(() => symbolsShown(page)).toEqual(["IBM", "XOM", "F"]);
    await page.keyboard.press("Control+Shift+Z");
    await expect.poll(() => symbolsShown(page)).toEqual(["IBM", "F"]);
    await page.keyboard.press("Control+y");
    await expect.poll(() => symbolsShown(page)).toEqual(["IBM"]);
    expect(await note(page)).toBe("Redone: F removed.");
    await close();
  });

  test("leaves the text of a field to the browser", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["IBM", "XOM"] });
    await removeRow(page, "XOM");
    await page.keyboard.type("zz");
    await page.keyboard.press("Control+z");
    await expect.poll(() => page.inputValue(".filter input")).not.toBe("zz");
    await page.keyboard.press("Escape");
    await expect.poll(() => symbolsShown(page)).toEqual(["IBM"]);
    await close();
  });
});

describe("an address", () => {
  test("follows the list that is chosen, so that a reload keeps the choice", async () => {
    const { page, close } = await openLive(
      stage.browser,
      `${stage.server.url}/?s=IBM,XOM&list=Theirs&sort=symbol&transport=ws`,
    );
    await inMenu(page, "Shift+L", "leaders");
    await expect.poll(() => title(page)).toBe("leaders");
    await expect.poll(() => page.url()).toBe(`${stage.server.url}/?sort=symbol&transport=ws`);
    await page.locator(".head .last").click();
    await expect.poll(() => page.url()).toBe(`${stage.server.url}/?transport=ws`);
    await page.reload();
    await live(page);
    expect(await title(page)).toBe("leaders");
    await close();
  });

  test("names symbols as people type them", async () => {
    const { page, close } = await openLive(stage.browser, `${stage.server.url}/?s=ibm,Xom,n0pe#ibm`);
    await expect.poll(() => symbolsShown(page)).toEqual(["IBM", "XOM", "N0PE"]);
    await expect.poll(() => page.url()).toMatch(/#IBM$/);
    await close();
  });
});

describe("an import", () => {
  test("says afterwards which symbols it did not know", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url);
    await inMenu(page, "Shift+L", "Import…");
    await page.locator(".dialog textarea").fill("xom N0PE aapl");
    await page.waitForSelector("text=2 found. Not known here: N0PE.");
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await expect.poll(() => note(page)).toContain("2 symbols imported as “Imported”. Not known here: N0PE.");
    await close();
  });
});

describe("symbols that differ in case alone", () => {
  test("keep their spelling in addresses, rows, details, notes and imports", async () => {
    const quote = { k: "quote", b: 100, bz: 1, a: 101, az: 1, t: recordingStart };
    const both = ["abc", "ABC"];
    const recording = recordingOf(both.flatMap((s) => [known(s), { ...quote, s }]));
    const replay = await startServer(recording.environment);
    const { page, close } = await openPage(stage.browser, `${replay.url}/?s=abc,ABC#abc`);
    await expect.poll(() => symbolsShown(page)).toEqual(both);
    await page.waitForSelector(".detail >> text=Recorded abc");
    expect(await page.textContent(".detail h2")).toBe("abc");
    await removeRow(page, "abc");
    expect(await note(page)).toContain("abc removed");
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => symbolsShown(page)).toEqual(both);

    await page.goto(`${replay.url}/?s=ABC#ABC`);
    await page.waitForSelector(".detail >> text=Recorded ABC");
    expect(await page.textContent(".detail h2")).toBe("ABC");
    await page.keyboard.press("Escape");
    await inMenu(page, "Shift+L", "Import…");
    await page.locator(".dialog textarea").fill("abc");
    await page.waitForSelector("text=1 found.");
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await expect.poll(() => symbolsShown(page)).toEqual(["abc"]);
    expect(await note(page)).toContain("1 symbol imported as “Imported”.");
    await page.waitForSelector('.row[data-symbol="abc"] >> text=Recorded abc');
    await close();
    await replay.close();
    recording.close();
  });
});

describe("a storage", () => {
  test("that is damaged gives back what can be read, and the rest as text", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url);
    await makeList(page, "Whole");
    const broken = '{"lists":[{"name":"Broken","symbols":["IBM","XO';
    await page.evaluate((text) => localStorage.setItem("tickertape.desk", text), broken);
    await page.reload();
    await live(page);
    await page.waitForSelector("text=Some saved data could not be read");
    expect(await page.inputValue(".dialog textarea")).toContain(broken);
    await page.getByRole("button", { name: "Discard" }).click();
    expect(await title(page)).toBe("Whole");
    await page.reload();
    await live(page);
    expect(await page.locator(".dialog").count()).toBe(0);
    await close();
  });

  test("that is full is told, once, and the page goes on", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["IBM", "XOM", "F"] });
    await page.evaluate(() => {
      let size = 1 << 20;
      for (let i = 0; size > 0; ) {
        try {
          localStorage.setItem(`fill ${i++}`, "x".repeat(size));
        } catch {
          size = Math.floor(size / 2);
        }
      }
    });
    await removeRow(page, "XOM");
    await expect.poll(() => note(page)).toContain("does not keep what you change");
    await removeRow(page, "F");
    await expect.poll(() => note(page)).toBe("F removed.Undo");
    expect(await symbolsShown(page)).toEqual(["IBM"]);
    await close();
  });
});

describe("a theme", () => {
  test("that was chosen is there from the first frame on", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { colorScheme: "dark" });
    await page.evaluate(() => localStorage.setItem("tickertape.settings", JSON.stringify({ theme: "light" })));
    let release = () => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    await page.route(/assets\/index-.*\.js$/, async (route) => {
      await held;
      await route.continue();
    });
    await page.reload({ waitUntil: "commit" });
    await page.waitForFunction(() => performance.getEntriesByName("first-paint").length > 0);
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(246, 247, 249)");
    release();
    await live(page);
    expect(await theme(page)).toBe("light");
    await close();
  });
});

describe("the keys", () => {
  test("step through lists without brackets, with those of a Mac, and from a sector to the first one", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["IBM"] });
    await page.focus(".grid");
    await page.keyboard.press("Alt+PageDown");
    await expect.poll(() => title(page)).toBe("leaders");
    await page.keyboard.press("Alt+PageUp");
    await expect.poll(() => title(page)).toBe("Mine");
    // Option and 6 on a German keyboard.
    await page.evaluate(() =>
      document.body.dispatchEvent(
        new KeyboardEvent("keydown", { key: "]", code: "Digit6", altKey: true, bubbles: true, cancelable: true }),
      ),
    );
    await expect.poll(() => title(page)).toBe("leaders");
    await inMenu(page, "Shift+L", "Utilities");
    await expect.poll(() => title(page)).toBe("Utilities");
    await page.keyboard.press("]");
    await expect.poll(() => title(page)).toBe("Mine");
    await close();
  });

  test("of one character can be turned off, all of them", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["IBM", "XOM"] });
    await page.keyboard.press(",");
    await page.locator("[data-setting=shortcuts] [data-value=off]").click();
    await page.keyboard.press("Escape");
    for (const key of ["/", "?", ",", "[", "Shift+P", "Shift+L", "x"]) await page.keyboard.press(key);
    await page.keyboard.press("Alt+PageDown"); // the last of them, so that those before it are done
    await expect.poll(() => title(page)).toBe("leaders");
    expect(await page.locator(".dialog, .popup").count()).toBe(0);
    expect(await page.inputValue(".filter input")).toBe("");
    expect(await page.evaluate(() => document.activeElement?.tagName)).not.toBe("INPUT");
    await page.keyboard.press("Alt+PageUp");
    await removeRow(page, "XOM");
    await page.keyboard.press("Control+z");
    await expect.poll(() => symbolsShown(page)).toEqual(["IBM", "XOM"]);
    await close();
  });
});

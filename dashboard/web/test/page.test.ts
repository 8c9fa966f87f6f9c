import { truncateSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { complaints } from "./support/axe.ts";
import { live, openLive, openPage, pricesMove, refused, symbolsShown, turn } from "./support/browser.ts";
import { type Gateway, startProxy } from "./support/proxy.ts";
import { known, recordingOf, recordingStart, writeRecording } from "./support/recording.ts";
import { startServer } from "./support/server.ts";
import { setStage } from "./support/stage.ts";

const stage = setStage();

/** Sees that no price of a page changes while those of another one do, twice. */
async function standStill(page: Page): Promise<void> {
  const prices = () => page.locator(".body .row .last").allTextContents();
  const other = await openPage(stage.browser, stage.server.url);
  await live(other.page);
  const before = await prices();
  expect(before.length).toBeGreaterThan(0);
  await pricesMove(other.page);
  await pricesMove(other.page);
  expect(await prices()).toEqual(before);
  await other.close();
}

describe("prices", () => {
  test("are live, and labelled simulated", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url);
    await pricesMove(page);
    expect(await page.textContent(".origin")).toBe("Simulated");
    expect(await page.textContent(".provenance")).toContain("not market data");
    // The age changes each second, the title is written after the frame, and the names come with an answer of their own.
    await expect.poll(() => page.textContent(".badge")).toMatch(/Live.*WebSocket.*newest tick .* s.*\/s/);
    await expect.poll(() => page.title()).toBe("tickertape");
    await expect.poll(() => page.textContent('.row[data-symbol="AAPL"] .name')).toBe("Apple Inc.");
    await page.getByRole("button", { name: "Close this note" }).click();
    await page.waitForSelector(".provenance", { state: "detached" });
    expect(await page.textContent(".disclaimer")).toContain("not market data");
    expect(await page.textContent(".origin")).toBe("Simulated");
    await close();
  });

  test("flash when they change", async () => {
    const { page, close } = await openPage(stage.browser, stage.server.url);
    await page.waitForSelector(".last[data-flash]", { timeout: 15_000 });
    await close();
  });

  test("do not flash for those who asked for less motion", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { reducedMotion: "reduce" });
    await page.evaluate(() => {
      const seen = new MutationObserver(() => Reflect.set(window, "flashed", true));
      seen.observe(document.body, { subtree: true, attributeFilter: ["data-flash"] });
    });
    await pricesMove(page);
    await pricesMove(page);
    expect(await page.evaluate(() => Reflect.get(window, "flashed"))).toBeUndefined();
    await close();
  });

  test("of a symbol that the server does not know are not made up", async () => {
    const { page, close } = await openPage(stage.browser, stage.server.url, { symbols: ["AAPL", "N0PE"] });
    await page.waitForSelector('.row[data-symbol="N0PE"][data-state="unknown"]');
    expect(await page.locator('.row[data-symbol="N0PE"] .name').textContent()).toBe("Unknown symbol");
    expect(await page.locator('.row[data-symbol="N0PE"] .last').textContent()).toBe("–");
    await close();
  });

  test("are never cut short, however many digits they have", async () => {
    const recording = writeRecording(600, 3, 20, 8);
    const replay = await startServer(recording.environment);
    for (const viewport of [
      { width: 1440, height: 900 },
      { width: 800, height: 600 },
      { width: 390, height: 844 },
    ]) {
      const { page, close } = await openLive(stage.browser, replay.url, { symbols: recording.symbols, viewport });
      await pricesMove(page);
      await page.evaluate(() => document.fonts.ready); // the widths are those of the page's own font
      const cut = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>(".body .row .cell")]
          .filter((cell) => !cell.matches(".name, .remove") && getComputedStyle(cell).display !== "none")
          .filter((cell) => cell.scrollWidth > cell.clientWidth + 1)
          .map((cell) => `${cell.className}: ${cell.textContent} ${cell.scrollWidth} > ${cell.clientWidth}`),
      );
      expect(cut).toEqual([]);
      await close();
    }
    await replay.close();
    recording.close();
  });

  test.each([390, 320])("lie under no long symbol that is halted, in a window of %i px", async (width) => {
    const s = "ALPHABETAGAMMADELTA.WS"; // 22 characters
    const t = recordingStart;
    const recording = recordingOf([
      known(s),
      { k: "quote", s, b: 99_999.99, bz: 100, a: 100_000.01, az: 100, t },
      { k: "trade", s, p: 100_000, z: 100, t },
      { k: "state", s, st: "halted", t },
      { k: "trade", s, p: 100_000, z: 100, t: t + 3_600e6 }, // until it ends, it is halted
    ]);
    const replay = await startServer(recording.environment);
    const { page, close } = await openPage(stage.browser, replay.url, {
      symbols: [s],
      viewport: { width, height: 664 },
      hasTouch: true,
      isMobile: true,
    });
    await page.waitForSelector('.row[data-state="halted"] .status:not(:empty)');
    await page.evaluate(() => document.fonts.ready);
    const met = await page.evaluate(() => {
      const cells = [...document.querySelectorAll(".body .row .cell")].filter((cell) => cell.checkVisibility());
      const meet = (one: DOMRect, other: DOMRect) =>
        Math.min(one.right, other.right) - Math.max(one.left, other.left) > 0.5 &&
        Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 0.5;
      return [...document.querySelectorAll(".body .row :is(.ticker, span.status)")].flatMap((part) =>
        cells
          .filter((cell) => !cell.contains(part) && !part.contains(cell))
          .filter((cell) => meet(part.getBoundingClientRect(), cell.getBoundingClientRect()))
          .map((cell) => `${part.className} and ${cell.className}`),
      );
    });
    expect(met).toEqual([]);
    await close();
    await replay.close();
    recording.close();
  });

  test("stand still while the page is hidden, and catch up when it is shown", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url);
    await turn(page, "hidden");
    await page.waitForSelector('.grid[data-live="false"]');
    await standStill(page);
    await turn(page, "visible");
    await live(page);
    await pricesMove(page);
    await close();
  });

  test("stand still while paused, and say so", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url);
    await page.getByRole("button", { name: "Pause" }).click();
    await page.waitForSelector('.grid[data-live="false"]');
    expect(await page.textContent(".notice")).toContain("Paused");
    await standStill(page);
    await page.locator("header").getByRole("button", { name: "Resume" }).click();
    await live(page);
    await pricesMove(page);
    await close();
  });
});

describe("a recording", () => {
  test("is labelled, and when it ends its last prices are not shown as live", async () => {
    const recording = writeRecording(300);
    const replay = await startServer(recording.environment);
    const { page, close } = await openLive(stage.browser, replay.url, { symbols: recording.symbols });
    await pricesMove(page);
    expect(await page.textContent(".origin")).toBe("Replay, simulated");
    // It ends here: however long a page takes to load, it has seen it live.
    truncateSync(recording.environment["TICKERTAPE_FEED_REPLAY_FILE"] ?? "");
    await page.waitForSelector(".notice >> text=The recording has ended");
    expect(await page.getAttribute(".grid", "data-live")).toBe("false");
    // The status comes at once, the symbols' states with the next flush.
    await page.waitForFunction(() => document.querySelectorAll('.body .row[data-state="live"]').length === 0);
    await close();
    await replay.close();
    recording.close();
  });
});

describe("a lost connection", () => {
  test("greys the grid, says so, and heals without a reload when the server is back", { timeout: 90_000 }, async () => {
    const own = await startServer();
    const { page, close } = await openLive(stage.browser, own.url, { allow: refused });
    await pricesMove(page);
    await page.evaluate(() => Reflect.set(window, "sameDocument", true));

    await own.kill();
    await page.waitForSelector('.grid[data-live="false"]');
    await page.waitForSelector(".notice >> text=Connection lost");
    expect(await page.textContent(".notice")).toContain("not live");
    expect(await page.textContent(".badge .state")).toMatch(/Reconnecting/);
    const colours = await page.evaluate(() => {
      const price = getComputedStyle(document.querySelector(".body .last") as Element).color;
      const change = getComputedStyle(document.querySelector(".body [data-trend] .change") as Element).color;
      return [price, change, getComputedStyle(document.documentElement).getPropertyValue("--quiet")];
    });
    expect(colours[0]).toBe(colours[2]);
    expect(colours[1]).toBe(colours[2]);

    await own.start();
    // Over WebSocket: a server that was away is no blocked transport. One that took long to come back is asked again
    // after half a minute at the latest.
    await page.waitForSelector('.badge[data-tone="live"][data-transport="websocket"]', { timeout: 50_000 });
    await page.waitForSelector('.grid[data-live="true"]');
    await pricesMove(page);
    expect(await page.evaluate(() => Reflect.get(window, "sameDocument"))).toBe(true);
    expect(await page.locator(".notice").count()).toBe(0);
    await close();
    await own.close();
  });
});

describe("behind a proxy", () => {
  let proxy: Gateway;
  beforeAll(async () => {
    proxy = await startProxy(stage.server.port);
  });
  beforeEach(() => {
    Object.assign(proxy.block, { websocket: false, sse: false, all: false });
  });
  afterAll(() => proxy.close());

  test("that lets everything through, it is a WebSocket", async () => {
    const { page, close } = await openPage(stage.browser, proxy.url);
    await live(page, "websocket");
    await pricesMove(page);
    await close();
  });

  test("that blocks WebSocket, it is SSE within seconds, and remembered", async () => {
    proxy.block.websocket = true;
    const { page, close } = await openPage(stage.browser, proxy.url, { allow: refused });
    await live(page, "sse");
    expect(await page.textContent(".badge")).toContain("SSE");
    await pricesMove(page);
    await page.reload();
    await page.waitForSelector('.badge[data-transport="sse"]');
    await live(page, "sse");
    await close();
  });

  test("that blocks SSE too, it is long polling", async () => {
    Object.assign(proxy.block, { websocket: true, sse: true });
    const { page, close } = await openPage(stage.browser, proxy.url, { allow: refused });
    await live(page, "poll");
    expect(await page.textContent(".badge")).toContain("Long polling");
    await pricesMove(page);
    await close();
  });

  test.each(["websocket", "sse", "poll"])("the address can ask for %s", async (transport) => {
    const { page, close } = await openPage(stage.browser, `${proxy.url}/?transport=${transport}`);
    await live(page, transport);
    await pricesMove(page);
    await close();
  });

  test.each(["sse", "poll"])("a symbol can be added and removed over %s", async (transport) => {
    const { page, close } = await openPage(stage.browser, `${proxy.url}/?transport=${transport}`, {
      symbols: ["AAPL", "MSFT"],
    });
    await live(page, transport);
    await page.keyboard.press("/");
    await page.keyboard.type("IBM");
    await page.waitForSelector('.result[aria-selected="true"] >> text=IBM');
    await page.keyboard.press("Enter");
    await page.waitForSelector('.row[data-symbol="IBM"][data-state="live"]');
    await page.locator('.row[data-symbol="MSFT"]').hover();
    await page.getByRole("button", { name: "Remove MSFT" }).click();
    await expect.poll(() => symbolsShown(page)).toEqual(["AAPL", "IBM"]);
    await live(page, transport);
    await close();
  });
});

describe("the list", () => {
  test("is searched, added to, sorted and taken from with the keyboard alone, and kept", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { symbols: ["MSFT", "AAPL", "XOM"] });
    await page.keyboard.press("/");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("combobox");
    await page.keyboard.type("netf");
    await page.waitForSelector('.result[aria-selected="true"] >> text=NFLX');
    await page.keyboard.press("Enter");
    await page.waitForSelector(".note >> text=NFLX added"); // it stays for some seconds
    await page.waitForSelector('.row[data-symbol="NFLX"][data-state="live"]');
    expect(await symbolsShown(page)).toEqual(["MSFT", "AAPL", "XOM", "NFLX"]);

    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.focus(".grid");
    await page.keyboard.press("Enter"); // on the header of the first column
    expect(await page.locator('[role="columnheader"].symbol').getAttribute("aria-sort")).toBe("ascending");
    expect(await symbolsShown(page)).toEqual(["AAPL", "MSFT", "NFLX", "XOM"]);

    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    const active = await page.locator(".grid").getAttribute("aria-activedescendant");
    expect(await page.locator(`#${active}`).textContent()).toContain("MSFT");
    await page.keyboard.press("Delete");
    await expect.poll(() => symbolsShown(page)).toEqual(["AAPL", "NFLX", "XOM"]);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => symbolsShown(page)).toEqual(["AAPL", "MSFT", "NFLX", "XOM"]);

    await page.reload();
    await live(page);
    await expect.poll(() => symbolsShown(page)).toEqual(["AAPL", "MSFT", "NFLX", "XOM"]);
    await page.getByRole("button", { name: "Back to the list’s order" }).click();
    expect(await symbolsShown(page)).toEqual(["MSFT", "AAPL", "XOM", "NFLX"]);
    await close();
  });

  test("is sorted by numbers with a click on the header, biggest first", async () => {
    const { page, close } = await openLive(stage.browser, stage.server.url);
    await page.waitForSelector(".body .row"); // the server's list has an answer of its own
    await page.locator('[role="columnheader"].volume').click();
    expect(await page.locator('[role="columnheader"].volume').getAttribute("aria-sort")).toBe("descending");
    // Rows whose volumes have come since then take their places within a second.
    const lead = async () => {
      const shown = await symbolsShown(page);
      const { quotes } = (await (await fetch(`${stage.server.url}/api/quotes?symbols=${shown.join(",")}`)).json()) as {
        quotes: { s: string; v: number }[];
      };
      const volumes = new Map(quotes.map(({ s, v }) => [s, v]));
      return (volumes.get(shown[0] ?? "") ?? 0) - (volumes.get(shown.at(-1) ?? "") ?? 0);
    };
    await expect.poll(lead).toBeGreaterThan(0);
    await close();
  });

  test("that is empty says how to fill it", async () => {
    const { page, close } = await openPage(stage.browser, stage.server.url, { symbols: [] });
    await page.waitForSelector("text=This list is empty");
    await page.getByRole("button", { name: "Show the default list" }).click();
    await page.waitForSelector('.row[data-symbol="AAPL"][data-state="live"]');
    await close();
  });
});

describe("500 symbols at ten updates a second", () => {
  test("are a bounded number of rows, and scroll to the last", async () => {
    const busy = await startServer({ TICKERTAPE_FEED_SIM_RATE: "20000" });
    const { symbols } = (await (await fetch(`${busy.url}/api/symbols?query=&limit=500`)).json()) as {
      symbols: { symbol: string }[];
    };
    const list = symbols.map(({ symbol }) => symbol);
    expect(list).toHaveLength(500);
    const { page, close } = await openLive(stage.browser, busy.url, { symbols: list });
    await pricesMove(page);
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Performance.enable");
    const worked = async () =>
      (await cdp.send("Performance.getMetrics")).metrics.find(({ name }) => name === "ThreadTime")?.value ?? Number.NaN;
    const before = await worked();
    const measured = await page.evaluate(async () => {
      const long: number[] = [];
      const observer = new PerformanceObserver((entries) =>
        long.push(...entries.getEntries().map(({ duration }) => duration)),
      );
      observer.observe({ type: "longtask" });
      const gaps: number[] = [];
      const start = performance.now();
      let last = start;
      while (last - start < 5000) {
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        gaps.push(now - last);
        last = now;
      }
      observer.disconnect();
      gaps.sort((a, b) => a - b);
      return {
        long,
        frames: gaps.length,
        median: gaps[Math.floor(gaps.length / 2)],
        p99: gaps[Math.floor(gaps.length * 0.99)],
        rate: document.querySelector(".badge .rate")?.textContent,
        nodes: document.querySelectorAll("*").length,
      };
    });
    // The page’s own work, however busy the machine is: 25 ms a frame at most, which is 40 frames a second.
    const work = (1000 * ((await worked()) - before)) / measured.frames;
    console.info("500 symbols:", JSON.stringify({ ...measured, work }));
    expect(await page.locator(".body .row").count()).toBeLessThan(60);
    expect(measured.nodes).toBeLessThan(2500);
    expect(work).toBeLessThan(25);

    await page.focus(".grid");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Control+End");
    await page.waitForSelector(`.row[data-symbol="${list.at(-1)}"]:not([hidden])`);
    expect(await page.locator(`.row[data-symbol="${list.at(-1)}"]`).getAttribute("aria-rowindex")).toBe("501");
    expect(await page.locator(".body .row").count()).toBeLessThan(60);
    await close();
    await busy.close();
  });
});

describe("the look of it", () => {
  test.each([
    { width: 390, height: 844 },
    { width: 320, height: 640 },
    { width: 620, height: 900 },
    { width: 820, height: 1180 },
    { width: 940, height: 700 },
    { width: 1024, height: 768 },
  ])("nothing overflows at $width×$height", async (viewport) => {
    const { page, close } = await openLive(stage.browser, stage.server.url, { viewport, hasTouch: true });
    await page.waitForSelector(".body .row");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width);
    const outside = await page.evaluate(() =>
      [...document.querySelectorAll("header > *, footer > *, .toolbar > *, .badge > *, .notice > *, .provenance > *")]
        .filter(
          (element) =>
            getComputedStyle(element).display !== "none" && element.getBoundingClientRect().right > innerWidth + 0.5,
        )
        .map((element) => element.className),
    );
    expect(outside).toEqual([]);
    await close();
  });

  test.each(["light", "dark"] as const)("is accessible in the %s theme, live and lost", async (colorScheme) => {
    const own = await startServer();
    const { page, close } = await openLive(stage.browser, own.url, { colorScheme, allow: refused });
    await pricesMove(page);
    expect(await complaints(page)).toEqual([]);
    await own.kill();
    await page.waitForSelector(".notice >> text=Connection lost");
    expect(await complaints(page)).toEqual([]);
    await close();
    await own.close();
  });
});

test("paper is light, whatever theme was chosen", async () => {
  const { page, close } = await openPage(stage.browser, stage.server.url);
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

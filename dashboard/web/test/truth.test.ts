import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { live, openPage } from "./support/browser.ts";
import { setStage } from "./support/stage.ts";

/** How long frames are sampled; the bar is 60 s. */
const seconds = Number(process.env["TICKERTAPE_SAMPLE_SECONDS"] ?? 3);

const stage = setStage({
  TICKERTAPE_FEED_SIM_SYMBOLS: "24",
  TICKERTAPE_FEED_SIM_RATE: "20000",
  // Halts of six seconds, two at a time.
  TICKERTAPE_FEED_SIM_HALT_EVERY: "1s",
  TICKERTAPE_FEED_SIM_SESSION: "1m",
});

/** What was seen in the frames as they were painted. */
interface Sample {
  frames: number;
  /** Cells of last prices, one for each row and frame. */
  cells: number;
  /** Of those: the price had moved since the frame before. */
  moves: number;
  /** Of those: they were tinted. */
  tinted: number;
  /** Frames in which the detail was compared with its row. */
  compared: number;
  /** Rows whose price was not live, one for each frame. */
  halted: number;
  /** Cells that contradict themselves, and frames in which the detail contradicts its row; with the first of each. */
  tintAgainstArrow: number;
  tintAgainstState: number;
  lineAgainstChange: number;
  arrowAgainstMove: number;
  colourAgainstArrow: number;
  detailAgainstRow: number;
  examples: string[];
}

/**
 * Looks at each frame for so long. It looks after all that draws in the frame, and before the browser paints it: a
 * ResizeObserver is called then, and an element of the sampler's own has another size in each frame.
 */
const sample = (page: Page, ms: number): Promise<Sample> =>
  page.evaluate((span) => {
    const seen: Sample = {
      frames: 0,
      cells: 0,
      moves: 0,
      tinted: 0,
      compared: 0,
      halted: 0,
      tintAgainstState: 0,
      lineAgainstChange: 0,
      tintAgainstArrow: 0,
      arrowAgainstMove: 0,
      colourAgainstArrow: 0,
      detailAgainstRow: 0,
      examples: [],
    };
    type Fault =
      | "tintAgainstArrow"
      | "tintAgainstState"
      | "lineAgainstChange"
      | "arrowAgainstMove"
      | "colourAgainstArrow"
      | "detailAgainstRow";
    const fault = (name: Fault, text: string) => {
      seen[name]++;
      if (seen[name] === 1) seen.examples.push(`${name}: ${text}`);
    };
    const text = (within: Element | null, selector: string) => within?.querySelector(selector)?.textContent ?? "";

    const probe = document.createElement("div");
    probe.style.cssText = "position:fixed;left:0;top:0;width:1px;height:1px;visibility:hidden";
    document.body.append(probe);
    // The colours as the page has them, from a live row.
    const row = document.querySelector('.body .row[data-state="live"]');
    const resolve = (colour: string) => {
      const swatch = document.createElement("i");
      swatch.style.color = `var(${colour})`;
      row?.append(swatch);
      const { color } = getComputedStyle(swatch);
      swatch.remove();
      return color;
    };
    const colours: Record<string, { arrow: string; tint: string }> = {
      up: { arrow: resolve("--up"), tint: resolve("--up-tint") },
      down: { arrow: resolve("--down"), tint: resolve("--down-tint") },
    };

    const before = new Map<string, { price: number; look: string }>();
    const look = (element: HTMLElement) => {
      const { symbol = "", tick, state, trend = "" } = element.dataset;
      const cell = element.querySelector<HTMLElement>(".cell.last");
      const value = cell?.querySelector<HTMLElement>(".value");
      const shown = value?.textContent ?? "";
      const price = Number(shown.replaceAll(",", ""));
      if (!cell || !value || Number.isNaN(price)) return;
      const flash = cell.dataset["flash"];
      if (state !== "live") {
        seen.halted++;
        if (flash) fault("tintAgainstState", `${symbol} is ${state}, with tint ${flash}`);
        before.delete(symbol); // its colours are others
        return;
      }
      seen.cells++;
      const old = before.get(symbol);
      const now = `${tick} ${flash} ${trend}`;
      before.set(symbol, { price, look: now });
      const what = `${symbol} at ${old?.price} → ${shown} with arrow ${tick} and tint ${flash}`;
      if (flash) seen.tinted++;
      if (flash && flash !== tick) fault("tintAgainstArrow", what);
      if (old && old.price !== price) {
        seen.moves++;
        if (tick !== (price > old.price ? "up" : "down")) fault("arrowAgainstMove", what);
      }
      if (old?.look === now || !tick) return;
      const day = element.querySelector(".spark .prices");
      const line = day ? getComputedStyle(day).stroke : "";
      if (trend && line !== colours[trend]?.arrow)
        fault("lineAgainstChange", `${symbol} ${text(element, ".change .value")}, the line of the day ${line}`);
      const arrow = getComputedStyle(cell, "::before").backgroundColor;
      const tint = getComputedStyle(value).backgroundColor;
      if (arrow !== colours[tick]?.arrow || (flash && tint !== colours[tick]?.tint))
        fault("colourAgainstArrow", `${what}: ${arrow} on ${tint}`);
    };
    const compare = () => {
      const detail = document.querySelector(".detail");
      const symbol = detail?.querySelector("h2")?.textContent ?? "";
      const own = document.querySelector(`.body .row[data-symbol="${symbol}"]`);
      if (!detail || !own) return;
      const pairs = [
        [text(detail, ".big"), text(own, ".last .value")],
        [text(detail, ".move"), `${text(own, ".change .value")} ${text(own, ".percent .value")}`],
        [text(detail, ".side:not(.ask) b"), text(own, ".bid .value")],
        [text(detail, ".side.ask b"), text(own, ".ask .value")],
      ] as const;
      seen.compared++;
      const differ = pairs.find(([one, other]) => one !== other);
      if (differ) fault("detailAgainstRow", `${symbol} ${differ[0]} in the detail, ${differ[1]} in its row`);
    };

    return new Promise<Sample>((done) => {
      const end = performance.now() + span;
      // On a busy machine, it takes longer until enough has been seen.
      const enough = () => seen.compared >= 100 && seen.moves >= 200 && seen.tinted >= 500;
      const over = () => performance.now() > end && (enough() || performance.now() > end + 30_000);
      const observer = new ResizeObserver(() => {
        seen.frames++;
        for (const element of document.querySelectorAll<HTMLElement>(".body .row")) look(element);
        compare();
      });
      observer.observe(probe);
      const frame = () => {
        probe.style.width = probe.style.width === "1px" ? "2px" : "1px";
        if (!over()) requestAnimationFrame(frame);
        else {
          observer.disconnect();
          probe.remove();
          done(seen);
        }
      };
      requestAnimationFrame(frame);
    });
  }, ms);

test("arrow, tint, colour and price agree in each frame, and so do the detail and its row", {
  timeout: 60_000 + seconds * 2000,
}, async () => {
  const { page, close } = await openPage(stage.browser, `${stage.server.url}/?s=*&sort=-percent`);
  await live(page);
  await page.locator(".body .row .cell.name").nth(5).click();
  await page.waitForSelector(".detail");
  await page.mouse.move(5, 5); // the rows are sorted again each second
  await page.waitForFunction(() => document.querySelectorAll(".body .row[data-tick]").length > 20);
  const seen = await sample(page, seconds * 1000);
  if (process.env["TICKERTAPE_SAMPLE_SECONDS"]) console.log(seen);
  // Less would say nothing.
  expect(seen.compared).toBeGreaterThanOrEqual(100);
  expect(seen.moves).toBeGreaterThanOrEqual(200);
  expect(seen.tinted).toBeGreaterThanOrEqual(500);
  expect(seen).toMatchObject({
    tintAgainstArrow: 0,
    tintAgainstState: 0,
    lineAgainstChange: 0,
    arrowAgainstMove: 0,
    colourAgainstArrow: 0,
    detailAgainstRow: 0,
    examples: [],
  });
  await close();
});

test("paper shows the prices of the screen", async () => {
  const { page, close } = await openPage(stage.browser, `${stage.server.url}/?s=*`);
  await live(page);
  await page.waitForFunction(() => document.querySelectorAll(".body .row[data-tick]").length > 20);
  await page.waitForFunction(() => {
    dispatchEvent(new Event("beforeprint"));
    const there = document.querySelector(".print"); // its script is fetched a moment after the first prices
    dispatchEvent(new Event("afterprint"));
    return there !== null;
  });
  const differing = await page.evaluate(async () => {
    const prices = (rows: Iterable<Element>, symbol: (row: Element) => string, cell: string) =>
      new Map([...rows].map((row) => [symbol(row), row.querySelector(cell)?.textContent ?? ""]));
    const found: string[] = [];
    for (let i = 0; i < 20; i++) {
      await new Promise((done) => setTimeout(done, 37)); // at any time between two frames
      dispatchEvent(new Event("beforeprint"));
      const screen = prices(
        document.querySelectorAll<HTMLElement>(".body .row"),
        (row) => (row as HTMLElement).dataset["symbol"] ?? "",
        ".last .value",
      );
      const paper = prices(
        document.querySelectorAll(".print tbody tr"),
        (row) => (row.querySelector("th")?.textContent ?? "").replace(/ \(.*\)$/, ""), // "GOOGL (Halted)"
        "td:nth-of-type(2)",
      );
      dispatchEvent(new Event("afterprint"));
      if (paper.size !== 24) found.push(`${paper.size} rows on paper`);
      for (const [symbol, price] of screen)
        if (paper.get(symbol) !== price) found.push(`${symbol} ${paper.get(symbol)} on paper, ${price} on the screen`);
    }
    return found;
  });
  expect(differing.slice(0, 5)).toEqual([]);
  await close();
});

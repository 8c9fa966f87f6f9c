// What the page costs to keep open: node tools/measure.mjs [--seconds 60] [--soak 600] [--reconnects 200] [--charts 50]
// --path "?s=*&sort=-percent" measures it sorted; --only detail leaves out all but the list with a detail open,
// --only scroll all but scrolling.
// It needs the built program, and a machine on which nothing else runs. Ratios hold elsewhere, figures do not.

import { parseArgs } from "node:util";
import { launch } from "./chromium.mjs";
import { startServer } from "./server.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    soak: { type: "string", default: "0" },
    reconnects: { type: "string", default: "0" },
    charts: { type: "string", default: "0" },
    symbols: { type: "string", default: "5000" },
    rate: { type: "string", default: "20000" },
    path: { type: "string", default: "?s=*" },
    only: { type: "string", default: "" },
  },
});
const number = (name) => Number(values[name]);
const does = (part) => values.only === "" || values.only === part;
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

const market = {
  TICKERTAPE_FEED_SIM_SYMBOLS: values.symbols,
  TICKERTAPE_FEED_SIM_RATE: values.rate,
  TICKERTAPE_FEED_SIM_HALT_EVERY: "0s",
};
let server = await startServer(market);
const browser = await launch();

async function open(path = "") {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    globalThis.measured = { longTasks: [], gaps: [], frames: 0 };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.measured.longTasks.push([entry.startTime, entry.duration]);
    }).observe({ type: "longtask", buffered: true });
  });
  page.on("pageerror", (error) => console.error("script:", error.message));
  await page.goto(server.url + path);
  const cdp = await context.newCDPSession(page);
  // The processor's time, not the clock's: what else runs on the machine counts less.
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  const metrics = async () =>
    Object.fromEntries((await cdp.send("Performance.getMetrics")).metrics.map(({ name, value }) => [name, value]));
  const settled = async () => {
    await cdp.send("HeapProfiler.collectGarbage");
    const { JSHeapUsedSize, Nodes, JSEventListeners } = await metrics();
    return { heap: JSHeapUsedSize / 1e6, nodes: Nodes, listeners: JSEventListeners };
  };
  const priced = () =>
    page.waitForFunction(() => /\d/.test(document.querySelector(".body .row .last")?.textContent ?? ""));
  /** What the main thread does in so many seconds. */
  const busy = async () => {
    const [before, began] = [await metrics(), performance.now()];
    await wait(number("seconds") * 1000);
    const after = await metrics();
    const span = (performance.now() - began) / 1000;
    const part = (name) => `${((100 * (after[name] - before[name])) / span).toFixed(1)} %`;
    return `${part("TaskDuration")} of a core (script ${part("ScriptDuration")}, layout ${part("LayoutDuration")}, style ${part("RecalcStyleDuration")})`;
  };
  /** What the main thread does in each of 200 frames that scroll the table by so many px, down and up again. */
  const scroll = async (px) => {
    const before = await metrics();
    await page.evaluate(async (by) => {
      const grid = document.querySelector(".grid");
      for (let i = 0; i < 200; i++) {
        grid.scrollTop += i < 100 ? by : -by;
        await new Promise(requestAnimationFrame);
      }
    }, px);
    const after = await metrics();
    const part = (name) => `${((1000 * (after[name] - before[name])) / 200).toFixed(2)} ms`;
    return `${part("TaskDuration")} (script ${part("ScriptDuration")}, layout ${part("LayoutDuration")}, style ${part("RecalcStyleDuration")})`;
  };
  return { context, page, busy, settled, priced, scroll };
}

const show = ({ heap, nodes, listeners }) => `heap ${heap.toFixed(2)} MB, ${nodes} nodes, ${listeners} listeners`;

// --- the first price -----------------------------------------------------------------------------------

if (does("first")) {
  const firsts = [];
  for (let i = 0; i < 5; i++) {
    const { context, page, priced } = await open();
    await priced();
    firsts.push(await page.evaluate(() => performance.now()));
    await context.close();
  }
  console.log(`first price after ${median(firsts).toFixed(0)} ms (median of 5, ${firsts.map((ms) => ms.toFixed(0))})`);
}

// --- the detail of a symbol ----------------------------------------------------------------------------

if (number("seconds") > 0 && does("detail")) {
  const { context, page, busy, priced } = await open();
  await priced();
  await wait(3000);
  console.log(`the first list, ${values.seconds} s each:`);
  console.log(`  main thread ${await busy()}`);
  await page.locator(".body .row .cell.name").first().click();
  await page.locator(".detail canvas").first().waitFor();
  await page.mouse.move(5, 5);
  await wait(3000);
  console.log(`  with a detail ${await busy()}`);
  await context.close();
}

// --- scrolling ---------------------------------------------------------------------------------------

if (does("scroll")) {
  const { context, priced, scroll } = await open(values.path);
  await priced();
  await wait(2000);
  console.log(`main thread a frame, while it scrolls by a row, by seven, by seventy a frame:`);
  for (const px of [28, 196, 1960]) console.log(`  ${await scroll(px)}`);
  await context.close();
}

// --- 5,000 symbols ---------------------------------------------------------------------------------------

const everything = await open(values.path);
await everything.priced();
await wait(5000);
if (number("seconds") > 0 && does("everything")) {
  const { page, busy } = everything;
  const from = await page.evaluate(() => performance.now());
  const alone = await busy();
  // A page that counts its frames draws each of them, which costs something of its own: that comes after.
  await page.evaluate(() => {
    let last = performance.now();
    const frame = (now) => {
      globalThis.measured.frames++;
      if (now - last > 50) globalThis.measured.gaps.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const counted = await busy();
  const seen = await page.evaluate(() => globalThis.measured);
  await page.keyboard.press("Shift+P");
  await wait(2000);
  const still = await busy();
  const rows = await page.evaluate(() => document.querySelectorAll(".body .row").length);
  const total = await page.evaluate(() => document.querySelector(".grid")?.getAttribute("aria-rowcount"));
  const long = seen.longTasks.filter(([start]) => start > from);
  console.log(`${total} rows, ${rows} in the document, ${values.seconds} s each:`);
  console.log(`  main thread ${alone}`);
  console.log(`  counting frames ${counted}`);
  console.log(`  counting frames, paused ${still}`);
  console.log(`  ${long.length} long tasks over 50 ms ${long.map(([, ms]) => ms.toFixed(0))}`);
  console.log(
    `  ${seen.frames} frames, ${seen.gaps.length} gaps over 50 ms (${((100 * seen.gaps.length) / seen.frames).toFixed(2)} %)`,
  );
  await page.keyboard.press("Shift+P");
}

// --- hours, reconnects, charts ------------------------------------------------------------------------------

if (number("soak") > 0) {
  console.log(`soak, every minute:`);
  const began = Date.now();
  console.log(`  0 s: ${show(await everything.settled())}`);
  while (Date.now() - began < number("soak") * 1000) {
    await wait(60_000);
    console.log(`  ${((Date.now() - began) / 1000).toFixed(0)} s: ${show(await everything.settled())}`);
  }
}
await everything.context.close();

/** Does it so many times, after a few to warm up, and says what the page holds at the start and after each quarter. */
async function repeat(name, times, settled, run) {
  for (let i = 0; i < 5; i++) await run();
  console.log(`${name}:`);
  for (let i = 0; i <= times; i++) {
    if (i % Math.ceil(times / 4) === 0 || i === times) console.log(`  ${i}: ${show(await settled())}`);
    if (i < times) await run();
  }
}

if (number("charts") > 0) {
  const { context, page, settled, priced } = await open();
  await priced();
  // Locators: the handle that page.waitForSelector returns would keep what it points at.
  const openAndClose = async () => {
    await page.locator(".body .row .cell.symbol").first().click();
    await page.locator(".detail canvas").first().waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".detail").waitFor({ state: "detached" });
  };
  await repeat("charts opened", number("charts"), settled, openAndClose);
  await context.close();
}

if (number("reconnects") > 0) {
  const { context, page, settled, priced } = await open();
  await priced();
  const live = () => page.locator('.badge[data-tone="live"]').waitFor({ timeout: 60_000 });
  const reconnect = async () => {
    await server.stop("SIGKILL");
    await page.locator('.badge:not([data-tone="live"])').first().waitFor();
    server = await startServer({ ...market, TICKERTAPE_FEED_SIM_PAST: "0s" }, server.port);
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await live();
  };
  await repeat("reconnects", number("reconnects"), settled, reconnect);
  await context.close();
}

await browser.close();
await server.stop();

// Many tabs of one browser, with different lists, charts and tapes, that are opened, hidden, put to sleep and closed at
// random: node tools/tabs.mjs [--seconds 300] [--tabs 20] [--windows 5] [--seed 1]
// Each that is looked at must show what the server says, over one connection, and a hidden one must not grow.

import { parseArgs } from "node:util";
import { WebSocket } from "ws";
import { launch } from "./chromium.mjs";
import { startServer } from "./server.mjs";

const lists = ["?s=AAPL,MSFT,NVDA", "?s=IBM,XOM,AAPL#IBM", "?s=MSFT,KO,PEP#KO", "?s=XOM,NVDA", "?s=AAPL,KO,IBM#AAPL"];
const handover = 3000; // ms until a tab must show what the server says, whatever has happened before
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** Everything that the server has said of its symbols, and until when it held. */
function observe(url) {
  const told = new Map();
  const charts = lists.flatMap((list) => list.match(/#(.+)/)?.[1] ?? []).join();
  const query = `symbols=*&trades=${charts}&bars=${charts}&interval=1m`;
  const socket = new WebSocket(`${url.replace(/^http/, "ws").replace(/\/$/, "")}/ws?${query}`);
  /** From now on, this is the newest of a thing. */
  const tell = (thing, value) => {
    const now = Date.now();
    const before = told.get(thing) ?? [];
    const last = before.at(-1);
    if (last) last.until = now;
    told.set(thing, [...before.slice(-200), { value, until: Number.POSITIVE_INFINITY }]);
  };
  let newestBars = new Map();
  socket.on("message", (data) => {
    const { type, quotes, symbol, trades, bars, reset } = JSON.parse(String(data));
    if (type === "snapshot" || type === "update") {
      for (const { s, p } of quotes) if (p !== undefined) tell(`price of ${s}`, p);
    } else if (type === "trades") {
      for (const { p, st } of trades) if (!st) tell(`newest trade of ${symbol}`, p);
    } else if (type === "bars") {
      if (reset) newestBars = new Map([...newestBars].filter(([of]) => of !== symbol));
      for (const { t, c } of bars) {
        if (c === undefined || t < (newestBars.get(symbol) ?? 0)) continue;
        newestBars.set(symbol, t);
        tell(`newest bar of ${symbol}`, c);
      }
    }
  });
  return {
    /** Whether this was the newest of a thing at some time since `from`. */
    held: (thing, shown, from) =>
      told.get(thing)?.some(({ value, until }) => value === shown && until >= from) ?? false,
    newest: (thing) => told.get(thing)?.at(-1)?.value,
    close: () => socket.close(),
  };
}

/**
 * What a page shows: things with their newest values, and what is wrong with it as long as it is not up to date: rows that are
 * not live, and what has no content.
 */
const shownBy = (page) =>
  page.evaluate(() => {
    const number = (cell) => Number(cell?.textContent.replace(/[^\d.]/g, "") || Number.NaN);
    const rows = [...document.querySelectorAll(".body .row")];
    const values = rows.map((row) => [`price of ${row.dataset.symbol}`, number(row.querySelector(".last"))]);
    const faults = rows.filter((row) => row.dataset.state !== "live").map((row) => `${row.dataset.symbol} is not live`);
    if (rows.length === 0) faults.push("no rows are shown");
    const symbol = document.querySelector(".detail h2")?.textContent;
    if (location.hash && symbol === undefined) faults.push("no detail is shown");
    if (symbol !== undefined) {
      for (const vacant of document.querySelectorAll(".detail .vacant"))
        faults.push(`${symbol}: ${vacant.textContent}`);
      const trade = document.querySelector(".tape tbody .price");
      if (trade) values.push([`newest trade of ${symbol}`, number(trade)]);
      else faults.push(`${symbol} has no tape`);
      // A bar has no close while no trade of it counts.
      const closes = [...document.querySelectorAll(".bars tbody td:nth-of-type(4)")];
      const close = closes.find((cell) => /\d/.test(cell.textContent)) ?? closes[0];
      if (close) values.push([`newest bar of ${symbol}`, number(close)]);
      else faults.push(`${symbol} has no table of bars`);
    }
    return { values, faults };
  });

const turn = (page, state) =>
  page.evaluate((value) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, value });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);

/**
 * Does it for so many seconds, and returns what was wrong. `windows` is how many tabs are looked at at once, `chance` is
 * from 0 up to and without 1, `say` is told what is done.
 */
export async function walkTabs({ browser, url, tabs: count, windows, seconds, chance, say = () => {} }) {
  const truth = observe(url);
  const context = await browser.newContext();
  const faults = [];
  const tabs = new Set();
  let opened = 0;
  let checks = 0;
  const pick = (list) => list[Math.floor(chance() * list.length)];
  const those = (state) => [...tabs].filter((tab) => tab.state === state);

  const open = async () => {
    const page = await context.newPage();
    const number = opened++;
    const tab = { page, number, state: "shown", since: 0, cdp: await context.newCDPSession(page) };
    page.on("pageerror", ({ message }) => faults.push(`tab ${number}: ${message}`));
    await page.goto(url.replace(/\/?$/, "/") + lists[number % lists.length]);
    if (page.url().includes("#")) await page.getByRole("button", { name: "As a table" }).click();
    await page.mouse.move(1, 1); // under the pointer, a tape stands still
    tabs.add(tab);
    tab.since = Date.now();
    return tab;
  };
  const hide = async (tab) => {
    tab.state = "hidden";
    await turn(tab.page, "hidden");
  };
  const show = async (tab) => {
    await turn(tab.page, "visible");
    tab.state = "shown";
    tab.since = Date.now();
  };
  const sleep = async (tab) => {
    tab.state = "asleep";
    await tab.cdp.send("Page.setWebLifecycleState", { state: "frozen" });
  };
  const wake = async (tab) => {
    await tab.cdp.send("Page.setWebLifecycleState", { state: "active" });
    tab.state = "hidden";
  };
  const close = async (tab) => {
    tabs.delete(tab);
    await tab.page.close();
  };

  /** Those that are looked at for long enough show nothing but what the server has just said. */
  const check = async (tab) => {
    if (Date.now() - tab.since < handover) return;
    // On a busy machine a tab may take another for frozen; then it has as long for the handover.
    let shown = await shownBy(tab.page);
    const until = Date.now() + handover;
    while (shown.faults.length > 0 && Date.now() < until) {
      await wait(100);
      shown = await shownBy(tab.page);
    }
    checks++;
    for (const fault of shown.faults) faults.push(`tab ${tab.number}: ${fault}`);
    for (const [thing, value] of shown.values) {
      if (truth.held(thing, value, Date.now() - handover)) continue;
      faults.push(`tab ${tab.number}: the ${thing} is shown as ${value}, and the server says ${truth.newest(thing)}`);
    }
  };
  const heap = async (tab) => {
    await tab.cdp.send("HeapProfiler.collectGarbage");
    return (await tab.cdp.send("Runtime.getHeapUsage")).usedSize;
  };
  const subscribers = async () => {
    const text = await (await fetch(new URL("metrics", url))).text();
    return Number(/^tickertape_broadcast_subscribers\{transport="websocket"\} (\d+)/m.exec(text)?.[1]) - 1; // without ours
  };
  const step = async () => {
    const shown = those("shown");
    const [action, from] = pick([
      [show, those("hidden")],
      [show, those("hidden")],
      [hide, shown.slice(0, -1)],
      [sleep, those("hidden")],
      [wake, those("asleep")],
      [close, shown.slice(0, -1)],
      [close, those("hidden")],
      [open, tabs.size < count ? [null] : []],
      [open, tabs.size < count ? [null] : []],
    ]);
    const tab = from.length ? pick(from) : undefined;
    if (tab === undefined || tab === kept) return;
    say(`${action.name} ${tab?.number ?? opened}`);
    await action(tab);
    for (const other of those("shown")
      .filter((one) => one !== tab)
      .slice(0, Math.max(0, those("shown").length - windows)))
      await hide(other);
  };

  const kept = await open(); // stays hidden all the time
  await kept.page.waitForSelector('.row[data-state="live"]');
  await open();
  await hide(kept);
  const end = Date.now() + seconds * 1000;
  let before = 0;
  while (Date.now() < end) {
    await step();
    for (const tab of those("shown")) await check(tab);
    if (!before && Date.now() > end - seconds * 800) before = await heap(kept);
    await wait(chance() * 1000);
  }
  const after = await heap(kept);

  // At rest: one connection, and everybody who is looked at agrees with the server.
  const deadline = Date.now() + handover + 1500; // the metrics may be a second old
  let connections = await subscribers();
  while (connections !== 1 && Date.now() < deadline) {
    await wait(100);
    connections = await subscribers();
  }
  for (const tab of those("shown")) await check(tab);
  if (connections !== 1) faults.push(`${connections} connections`);
  truth.close();
  await context.close();
  return { faults, checks, opened, grown: after - before };
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "300" },
      tabs: { type: "string", default: "20" },
      windows: { type: "string", default: "5" },
      seed: { type: "string", default: "1" },
    },
  });
  let state = Number(values.seed);
  const chance = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const server = await startServer({ TICKERTAPE_FEED_SIM_HALT_EVERY: "0s" });
  const browser = await launch();
  const result = await walkTabs({
    browser,
    url: server.url,
    tabs: Number(values.tabs),
    windows: Number(values.windows),
    seconds: Number(values.seconds),
    chance,
    say: console.log,
  });
  await browser.close();
  await server.stop();
  for (const fault of result.faults) console.error(fault);
  console.log(`${result.opened} tabs, ${result.checks} checks, ${result.faults.length} faults`);
  console.log(`the heap of a hidden tab has grown by ${Math.round(result.grown / 1024)} KiB`);
  process.exitCode = result.faults.length > 0 || result.grown > 1024 * 1024 ? 1 : 0;
}

import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { live, openPage, symbolsShown } from "./support/browser.ts";
import { random } from "./support/chance.ts";
import { setStage } from "./support/stage.ts";

/** What each window changes; 200 is the full size. */
const changes = Number(process.env["WINDOWS_CHANGES"] ?? 20);
const seed = Number(process.env["WINDOWS_SEED"] ?? Date.now() % 2 ** 31);

const stage = setStage();

/** What a window does to one thing: first it says so, and then that it is done. */
interface Report {
  readonly thing: string;
  readonly now: string;
  readonly done: boolean;
}

interface Work {
  readonly seed: number;
  readonly changes: number;
  readonly name: string;
  readonly symbols: readonly string[];
  readonly settings: Readonly<Record<string, readonly string[]>>;
  readonly columns: readonly string[];
}

/** Changes lists, symbols, settings and columns at random, as a reader does. It runs in the page. */
async function work({ seed: from, changes: count, name, symbols, settings, columns }: Work): Promise<void> {
  const report = Reflect.get(window, "report") as (report: Report) => Promise<void>;
  let state = from;
  const chance = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(chance() * all.length)];
  const until = async <T>(look: () => T | null | undefined | false): Promise<T> => {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
      const found = look();
      if (found) return found;
      await new Promise((done) => setTimeout(done, 2));
    }
    const focus = document.activeElement?.outerHTML.slice(0, 200);
    throw new Error(`${name} waits in vain, with the focus on ${focus}: ${look}`);
  };
  const find = (selector: string) => until(() => document.querySelector<HTMLElement>(selector));
  const press = (key: string, init: KeyboardEventInit = {}) =>
    (document.activeElement ?? document.body).dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init }),
    );
  const gone = (selector: string) => until(() => document.querySelector(selector) === null);
  const choose = async (menu: string, label: string) => {
    press(menu, { shiftKey: true });
    await find(".popup");
    const entry = await until(() =>
      [...document.querySelectorAll<HTMLElement>(".popup .item")].find(
        (one) => one.querySelector(".text")?.textContent === label,
      ),
    );
    entry.click();
    return entry;
  };
  const close = async () => {
    press("Escape");
    await gone(".popup");
  };
  const titled = (title: string) => until(() => document.querySelector(".list-name .name")?.textContent === title);
  const row = (symbol: string) =>
    document.querySelector<HTMLElement>(`.body .row[data-symbol="${symbol}"]:not([hidden])`);

  const acts: readonly ((at: number) => Promise<void>)[] = [
    async (at) => {
      const made = `${name} ${at}`;
      await report({ thing: `list ${made}`, now: "there", done: false });
      await choose("L", "New list…");
      const input = (await find(".dialog input")) as HTMLInputElement;
      input.value = made;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      (await find(".dialog .primary:not([disabled])")).click();
      await titled(made);
      await report({ thing: `list ${made}`, now: "there", done: true });
      await gone(".dialog");
      await choose("L", "Mine");
      await titled("Mine");
      await gone(".popup"); // in a menu, letters find an item
    },
    async () => {
      const symbol = pick(symbols.filter(row));
      if (symbol === undefined) return;
      const thing = `symbol ${symbol}`;
      await report({ thing, now: "gone", done: false });
      row(symbol)?.querySelector<HTMLElement>("button")?.click();
      await until(() => !row(symbol));
      await report({ thing, now: "gone", done: true });
      if (chance() < 0.3) return;
      await report({ thing, now: "there", done: false });
      press("z", { ctrlKey: true });
      await until(() => row(symbol));
      await report({ thing, now: "there", done: true });
    },
    async () => {
      const setting = pick(Object.keys(settings)) ?? "";
      const value = pick(settings[setting] ?? []) ?? "";
      await report({ thing: `setting ${setting}`, now: value, done: false });
      press(",");
      const input = (await find(`[data-setting="${setting}"] [data-value="${value}"] input`)) as HTMLInputElement;
      input.click();
      await report({ thing: `setting ${setting}`, now: value, done: true });
      document.querySelector<HTMLElement>(".dialog .title button")?.click();
      await gone(".dialog");
    },
    async () => {
      const column = pick(columns) ?? "";
      const head = () => [...document.querySelectorAll(".head .label")].some((label) => label.textContent === column);
      const before = head();
      const thing = `column ${column}`;
      await report({ thing, now: before ? "gone" : "there", done: false });
      await choose("C", column);
      await until(() => head() !== before);
      await report({ thing, now: before ? "gone" : "there", done: true });
      await close();
    },
  ];
  for (let at = 0; at < count; at++) await pick(acts)?.(at);
}

/** What a page shows of a thing. */
async function stateOf(page: Page, thing: string): Promise<string> {
  const [kind = "", ...words] = thing.split(" ");
  const name = words.join(" ");
  const selectors: Readonly<Record<string, string>> = {
    list: `.popup .text:text-is("${name}")`,
    symbol: `.body .row[data-symbol="${name}"]:not([hidden])`,
    column: `.head .label:text-is("${name}")`,
  };
  const selector = selectors[kind];
  if (selector === undefined) {
    const checked = page.locator(`[data-setting="${name}"] label:has(input:checked)`);
    return (await checked.getAttribute("data-value")) ?? "";
  }
  return (await page.locator(selector).count()) > 0 ? "there" : "gone";
}

/** The things of which the page shows something else than what was done to them last. */
async function lost(page: Page, expected: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const wrong: string[] = [];
  const look = async (kinds: readonly string[]) => {
    for (const [thing, now] of expected) {
      if (!kinds.includes(thing.split(" ")[0] ?? "")) continue;
      const found = await stateOf(page, thing);
      if (found !== now) wrong.push(`${thing} is ${found}, not ${now}`);
    }
  };
  await look(["symbol", "column"]);
  await page.keyboard.press("Shift+L");
  await page.waitForSelector(".popup");
  await look(["list"]);
  await page.keyboard.press("Escape");
  await page.keyboard.press(",");
  await page.waitForSelector("[data-setting]");
  await look(["setting"]);
  await page.keyboard.press("Escape");
  await page.waitForSelector(".dialog", { state: "detached" });
  return wrong;
}

test.each([{ locks: true }, { locks: false }])(
  `two windows change ${changes} things each, one is closed at random, and nothing is lost: locks $locks, seed ${seed}`,
  {
    timeout: 600_000,
  },
  async ({ locks }) => {
    const chance = random(seed);
    const symbols = [
      "AAPL",
      "MSFT",
      "NVDA",
      "AMZN",
      "GOOGL",
      "META",
      "TSLA",
      "JPM",
      "XOM",
      "JNJ",
      "V",
      "PG",
      "KO",
      "IBM",
    ];
    const first = await openPage(stage.browser, `${stage.server.url}/api/version`, { symbols }); // the origin, without the page;
    const context = first.page.context();
    await context.addInitScript((has) => {
      if (!has) Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined });
    }, locks);
    const done = new Map<string, string>();
    const unsure = new Set<string>();
    let reports = 0;
    let closed = Number.POSITIVE_INFINITY;
    const closer = { close: async () => {} };
    await context.exposeFunction("report", async (report: Report) => {
      if (report.done) {
        done.set(report.thing, report.now);
        unsure.delete(report.thing);
      } else unsure.add(report.thing);
      if (++reports >= closed) await closer.close();
    });
    const pages = [first.page, await context.newPage()];
    for (const page of pages) {
      await page.goto(stage.server.url);
      await live(page);
    }
    const tasks: readonly Omit<Work, "seed" | "changes">[] = [
      {
        name: "Alpha",
        symbols: symbols.filter((_, at) => at % 2 === 0),
        settings: { theme: ["system", "dark", "light"], density: ["compact", "roomy"], flash: ["on", "off"] },
        columns: ["Bid", "VWAP", "Updated"],
      },
      {
        name: "Beta",
        symbols: symbols.filter((_, at) => at % 2 === 1),
        settings: { times: ["exchange", "local", "utc"], scheme: ["green-red", "blue-orange"], rate: ["each", "4"] },
        columns: ["Ask", "Spread", "Volume"],
      },
    ];
    const victim = chance() < 0.5 ? 0 : 1;
    closed = Math.floor(chance() * changes * 4);
    closer.close = async () => {
      closed = Number.POSITIVE_INFINITY;
      await pages[victim]?.close();
    };
    const ends = pages.map((page, at) =>
      page.evaluate(work, { ...(tasks[at] as (typeof tasks)[number]), seed: Math.floor(chance() * 2 ** 31), changes }),
    );
    const outcomes = await Promise.allSettled(ends);
    const survivor = pages[1 - victim];
    if (!survivor) throw new Error("no window is left");
    const outcome = outcomes[1 - victim];
    if (outcome?.status === "rejected") throw outcome.reason;
    for (const thing of unsure) done.delete(thing);
    expect(done.size).toBeGreaterThan(3);

    expect(await lost(survivor, done)).toEqual([]);
    const late = await context.newPage();
    await late.goto(stage.server.url);
    await live(late);
    if ((await late.textContent(".list-name .name")) !== "Mine") {
      await late.keyboard.press("Shift+L");
      await late.locator('.popup .text:text-is("Mine")').click();
    }
    await expect.poll(() => symbolsShown(late)).toEqual(await symbolsShown(survivor));
    expect(await lost(late, done)).toEqual([]);
    await first.close();
  },
);

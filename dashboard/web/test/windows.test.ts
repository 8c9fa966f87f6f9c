import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { live, openPage, symbolsShown } from "./support/browser.ts";
import { random } from "./support/chance.ts";
import { setStage } from "./support/stage.ts";

/** What each window changes; 200 is the full size. */
const changes = Number(process.env["WINDOWS_CHANGES"] ?? 20);
const seed = Number(process.env["WINDOWS_SEED"] ?? Date.now() % 2 ** 31);

const stage = setStage();

/**
 * What a window does to one thing: first it says so, and then that it is done, which it is when it is shown and stored. What
 * a kill comes before is not.
 */
interface Report {
  readonly thing: string;
  readonly now: string;
  readonly done: boolean;
}

interface Work {
  readonly seed: number;
  readonly changes: number;
  readonly name: string;
  /** They are removed and put back. */
  readonly symbols: readonly string[];
  /** Two symbols that change places. */
  readonly rows: readonly [string, string];
  /** The ids of two columns that change places, by label. */
  readonly headers: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, readonly string[]>>;
  /** The ids of columns that are shown and hidden, by label. */
  readonly columns: Readonly<Record<string, string>>;
}

/** Changes lists, symbols, settings and columns at random, as a reader does. It runs in the page. */
async function work({
  seed: from,
  changes: count,
  name,
  symbols,
  rows,
  headers,
  settings,
  columns,
}: Work): Promise<void> {
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

  // What is stored, by the names of the records.
  const prefix = `tickertape/${encodeURIComponent(location.pathname)}/`;
  const stored = (record: string): Readonly<Record<string, unknown>> =>
    (JSON.parse(localStorage.getItem(prefix + record) ?? "{}") as { value?: Record<string, unknown> }).value ?? {};
  const listStored = (title: string) =>
    Object.keys(localStorage)
      .filter((key) => key.startsWith(`${prefix}list/`))
      .map((key) => stored(key.slice(prefix.length)))
      .find((list) => list["name"] === title && list["deleted"] === undefined);
  const mine = () => listStored("Mine")?.["symbols"] as readonly string[] | undefined;
  const layoutStored = (part: "order" | "hidden") => stored("layout")[part] as readonly string[] | undefined;

  /** Reports a thing before and after something is done to it, which is when it is shown, and stored. */
  const change = async (
    thing: string,
    now: string,
    does: () => unknown,
    shown: () => boolean,
    isStored: () => boolean | undefined,
  ) => {
    await report({ thing, now, done: false });
    await does();
    await until(shown);
    await until(isStored);
    await report({ thing, now, done: true });
  };
  const lists: string[] = []; // of this window
  const title = () => document.querySelector(".list-name .name")?.textContent;
  const fill = async (text: string) => {
    const input = (await find(".dialog input")) as HTMLInputElement;
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    (await find(".dialog .primary:not([disabled])")).click();
  };
  /** Back to the list that both change. */
  const back = async () => {
    await gone(".dialog");
    await choose("L", "Mine");
    await titled("Mine");
    await gone(".popup"); // in a menu, letters find an item
  };
  const show = async (list: string) => {
    await choose("L", list);
    await titled(list);
    await gone(".popup");
  };
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  /** The active cell of the table. */
  const active = () =>
    document.getElementById(document.querySelector(".grid")?.getAttribute("aria-activedescendant") ?? "");
  const activeRow = () => active()?.closest<HTMLElement>(".body .row") ?? null;
  const place = (one: HTMLElement | null) => Number(one?.getAttribute("aria-rowindex"));
  /** Presses a key in the table, and waits until it is drawn. */
  const pressIn = async (key: string, init: KeyboardEventInit = {}) => {
    document.querySelector<HTMLElement>(".grid")?.focus();
    press(key, init);
    await frames();
  };
  const labels = () => [...document.querySelectorAll(".head .label")].map((label) => label.textContent);

  const acts: readonly ((at: number) => Promise<void>)[] = [
    async (at) => {
      const made = `${name} ${at}`;
      const make = async () => {
        await choose("L", "New list…");
        await fill(made);
      };
      const there = () => listStored(made) !== undefined;
      await change(`list ${made}`, "there", make, () => title() === made, there);
      lists.push(made);
      await back();
    },
    async (at) => {
      const before = lists.shift();
      if (before === undefined) return;
      const renamed = `${name} renamed ${at}`;
      await show(before);
      await report({ thing: `list ${before}`, now: "gone", done: false });
      const rename = async () => {
        await choose("L", "Rename…");
        await fill(renamed);
      };
      const there = () => listStored(renamed) !== undefined && listStored(before) === undefined;
      await change(`list ${renamed}`, "there", rename, () => title() === renamed, there);
      await report({ thing: `list ${before}`, now: "gone", done: true });
      lists.push(renamed);
      await back();
    },
    async () => {
      const list = pick(lists);
      if (list === undefined) return;
      await show(list);
      const there = () => listStored(list) !== undefined;
      const discard = () => choose("L", "Delete this list");
      const hidden = () => title() !== list;
      await change(`list ${list}`, "gone", discard, hidden, () => !there());
      await gone(".popup");
      if (chance() < 0.5) {
        const undo = () => press("z", { ctrlKey: true });
        await change(`list ${list}`, "there", undo, () => title() === list, there);
      } else lists.splice(lists.indexOf(list), 1);
      await back();
    },
    async () => {
      const symbol = pick(symbols.filter(row));
      if (symbol === undefined) return;
      const thing = `symbol ${symbol}`;
      const remove = () => row(symbol)?.querySelector<HTMLElement>("button")?.click();
      await change(
        thing,
        "gone",
        remove,
        () => !row(symbol),
        () => mine()?.includes(symbol) === false,
      );
      if (chance() < 0.3) return;
      const undo = () => press("z", { ctrlKey: true });
      await change(
        thing,
        "there",
        undo,
        () => row(symbol) !== null,
        () => mine()?.includes(symbol),
      );
    },
    async () => {
      const setting = pick(Object.keys(settings)) ?? "";
      const value = pick(settings[setting] ?? []) ?? "";
      press(",");
      const input = (await find(`[data-setting="${setting}"] [data-value="${value}"] input`)) as HTMLInputElement;
      await change(
        `setting ${setting}`,
        value,
        () => input.click(),
        () => input.checked,
        () => stored("settings")[setting] === value || (stored("settings")[setting] === undefined && input.checked),
      );
      document.querySelector<HTMLElement>(".dialog .title button")?.click();
      await gone(".dialog");
    },
    async () => {
      const [column, id] = pick(Object.entries(columns)) ?? ["", ""];
      const before = labels().includes(column);
      await change(
        `column ${column}`,
        before ? "gone" : "there",
        () => choose("C", column),
        () => labels().includes(column) !== before,
        () => layoutStored("hidden")?.includes(id) === before,
      );
      await close();
    },
    async () => {
      const [one, other] = rows.toSorted((a, b) => place(row(a)) - place(row(b)));
      if (one === undefined || other === undefined) return;
      const isBelow = () => place(row(one)) > place(row(other));
      const move = async () => {
        for (let times = 0; times < 200 && !isBelow(); times++) {
          const by = place(row(one)) - place(activeRow());
          if (activeRow() === null || by > 0) await pressIn("ArrowDown");
          else if (by < 0) await pressIn("ArrowUp");
          else await pressIn("ArrowDown", { altKey: true });
        }
      };
      const after = () => {
        const all = mine() ?? [];
        return all.includes(one) && all.indexOf(one) > all.indexOf(other);
      };
      await change(`rows ${rows.join()}`, other, move, isBelow, after);
    },
    async () => {
      const place = (label: string) => labels().indexOf(label);
      const [one = "", other = ""] = Object.keys(headers).sort((a, b) => place(a) - place(b));
      const isAfter = () => place(one) > place(other);
      const move = async () => {
        await pressIn("Home", { ctrlKey: true });
        for (let times = 0; times < 200 && !isAfter(); times++) {
          const head = active()?.closest(".head .cell");
          if (!head) {
            await pressIn("ArrowUp");
            continue;
          }
          const at = place(head.querySelector(".label")?.textContent ?? "");
          if (at < place(one)) await pressIn("ArrowRight");
          else if (at > place(one)) await pressIn("ArrowLeft");
          else await pressIn("ArrowRight", { altKey: true, shiftKey: true });
        }
      };
      const after = () => {
        const order = layoutStored("order") ?? [];
        return order.indexOf(headers[one] ?? "") > order.indexOf(headers[other] ?? "");
      };
      await change(`headers ${Object.keys(headers).join()}`, other, move, isAfter, after);
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
  if (kind === "rows" || kind === "headers") {
    const all = kind === "rows" ? await symbolsShown(page) : await page.locator(".head .label").allTextContents();
    return all.find((one) => name.split(",").includes(one)) ?? "";
  }
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
  await look(["symbol", "column", "rows", "headers"]);
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
  `two windows change ${changes} things each, one is killed at random, and nothing is lost: locks $locks, seed ${seed}`,
  {
    timeout: 600_000,
  },
  async ({ locks }) => {
    const chance = random(seed);
    const symbols = [
      "ABBV",
      "ABT",
      "ACN",
      "ADBE",
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
    let left = Math.floor(chance() * changes * 2); // reports until one is killed
    const kill = { now: () => {} };
    await context.exposeFunction("report", async (report: Report) => {
      if (report.done) {
        done.set(report.thing, report.now);
        unsure.delete(report.thing);
      } else unsure.add(report.thing);
      if (left-- === 0) kill.now();
    });
    const pages = [first.page, await context.newPage()];
    for (const page of pages) {
      await page.goto(stage.server.url);
      await live(page);
    }
    const tasks: readonly Omit<Work, "seed" | "changes">[] = [
      {
        name: "Alpha",
        symbols: symbols.slice(4).filter((_, at) => at % 2 === 0),
        rows: ["ABBV", "ABT"],
        headers: { Symbol: "symbol", Name: "name" },
        settings: { theme: ["system", "dark", "light"], density: ["compact", "roomy"], flash: ["on", "off"] },
        columns: { Bid: "bid", VWAP: "vwap", Updated: "time" },
      },
      {
        name: "Beta",
        symbols: symbols.slice(4).filter((_, at) => at % 2 === 1),
        rows: ["ACN", "ADBE"],
        headers: { Change: "change", "Change %": "percent" },
        settings: { times: ["exchange", "local", "utc"], scheme: ["green-red", "blue-orange"], rate: ["each", "4"] },
        columns: { Ask: "ask", Spread: "spread", Volume: "volume" },
      },
    ];
    const victim = chance() < 0.5 ? 0 : 1;
    const devtools = await context.newCDPSession(pages[victim] as Page);
    kill.now = () => {
      devtools.send("Page.crash").catch(() => {}); // the process ends at once, and does not answer
      void pages[1 - victim]?.bringToFront(); // or it would draw a frame a second
    };
    const ends = pages.map((page, at) =>
      page.evaluate(work, { ...(tasks[at] as (typeof tasks)[number]), seed: Math.floor(chance() * 2 ** 31), changes }),
    );
    const outcomes = await Promise.allSettled(ends);
    const survivor = pages[1 - victim];
    if (!survivor) throw new Error("no window is left");
    expect(outcomes[victim]).toMatchObject({
      status: "rejected",
      reason: { message: expect.stringContaining("crash") },
    });
    const outcome = outcomes[1 - victim];
    if (outcome?.status === "rejected") throw outcome.reason;
    for (const thing of unsure) done.delete(thing);
    expect(done.size).toBeGreaterThan(3);

    await expect.poll(() => lost(survivor, done)).toEqual([]);
    const late = await context.newPage();
    await late.goto(stage.server.url);
    await live(late);
    if ((await late.textContent(".list-name .name")) !== "Mine") {
      await late.keyboard.press("Shift+L");
      await late.locator('.popup .text:text-is("Mine")').click();
    }
    await expect.poll(() => symbolsShown(late)).toEqual(await symbolsShown(survivor));
    await expect.poll(() => lost(late, done)).toEqual([]);
    await first.close();
  },
);

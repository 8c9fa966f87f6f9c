import { type Assertion, expect } from "vitest";
import type { Hand } from "./hand.ts";
import type { Part, Screen } from "./screen.ts";
import { eventually } from "./server.ts";

/** A part of the walk, named after what the reader gets. */
export type Step = readonly [name: string, walk: (hand: Hand, server: Outage) => Promise<void>];

/** Takes the server away, and brings it back. */
export interface Outage {
  begin(): void;
  end(): void;
}

/** Whether rows are in columns. On screens of at most 37.5 rem they are cards, which have no columns to arrange. */
const hasColumns = ({ width }: Screen): boolean => width > 600;

/** The symbols on the screen, from top to bottom. */
export const rowsShown = (screen: Screen): Promise<string[]> =>
  screen.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>(".body .row")]
      .sort((a, b) => Number(a.getAttribute("aria-rowindex")) - Number(b.getAttribute("aria-rowindex")))
      .map((row) => row.dataset["symbol"] ?? ""),
  );
/** Waits until what is read is as expected. */
const shows = <T>(read: () => Promise<T>, expected: (it: Assertion<T>) => void): Promise<void> =>
  eventually(async () => expected(expect(await read())), 10_000);
const rowsAre = (screen: Screen, symbols: readonly string[]) =>
  shows(
    () => rowsShown(screen),
    (it) => it.toEqual(symbols),
  );

const gone = (part: Part) => part.waitFor({ state: "hidden" });
const textOf = (part: Part) => part.evaluate((element) => element.textContent);
const contentOf = (part: Part) =>
  part.evaluate((element) =>
    element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement ? element.value : "",
  );
const dialog = (screen: Screen, name: string | RegExp) => screen.getByRole("dialog", { name });
const filterOf = (screen: Screen) => screen.getByRole("textbox", { name: "Filter the list" });
const listButton = (screen: Screen) => screen.getByRole("region", { name: "View" }).getByRole("button").first();
const titled = (screen: Screen, name: string) =>
  shows(
    () => textOf(listButton(screen)),
    (it) => it.toContain(name),
  );
const header = (screen: Screen, name: string) => screen.getByRole("columnheader", { name, exact: true });
const rowOf = (screen: Screen, symbol: string) =>
  screen.getByRole("grid").first().getByRole("rowheader", { name: symbol });
const undo = (screen: Screen) => screen.getByRole("button", { name: "Undo" });

/** Opens the menu of lists and chooses what starts with this. */
async function fromLists(
  { screen, press, choose }: Hand,
  name: RegExp,
  role: "menuitem" | "menuitemradio" = "menuitem",
) {
  await press(listButton(screen));
  await choose(screen.getByRole("menu", { name: "Lists" }).getByRole(role, { name }).first());
}

/** By keyboard: goes from the filter to the first row. */
async function toRows({ screen, write }: Hand): Promise<void> {
  await write(filterOf(screen), "");
  await screen.press("Enter");
  await screen.press("Control+Home");
}

async function openDetail(hand: Hand, symbol: string): Promise<void> {
  const { screen, kind } = hand;
  if (kind === "touch") await screen.tap(rowOf(screen, symbol));
  else {
    await toRows(hand);
    for (const shown of await rowsShown(screen)) {
      if (shown === symbol) break;
      await screen.press("ArrowDown");
    }
    await screen.press("Enter");
  }
  await screen.getByRole("heading", { name: symbol }).waitFor();
}

async function closeDetail({ screen, press }: Hand, symbol: string): Promise<void> {
  await press(screen.getByRole("button", { name: `Close ${symbol}` }));
  await gone(screen.getByRole("heading", { name: symbol }));
}

const begin: readonly Step[] = [
  [
    "discards what could not be read of what was saved",
    async ({ screen, press }) => {
      const asks = dialog(screen, "Some saved data could not be read");
      expect(await contentOf(asks.getByRole("textbox", { name: "The saved text" }))).toContain("damaged");
      await press(asks.getByRole("button", { name: "Discard" }));
      await gone(asks);
    },
  ],
  [
    "closes the note on where prices come from",
    async ({ screen, press }) => {
      const note = screen.getByRole("button", { name: "Close this note" });
      await press(note);
      await gone(note);
    },
  ],
  [
    "filters the list, and clears the filter",
    async ({ screen, press, write }) => {
      await write(filterOf(screen), "micro");
      await rowsAre(screen, ["MSFT"]);
      await write(filterOf(screen), "nothing at all");
      await press(screen.getByRole("button", { name: "Clear the filter" }));
      await rowsAre(screen, ["IBM", "MSFT"]);
    },
  ],
];

const table: readonly Step[] = [
  [
    "sorts by a header, and goes back to the list’s order",
    async (hand) => {
      const { screen, press, kind } = hand;
      const sort = () => header(screen, "Symbol").evaluate((element) => element.getAttribute("aria-sort"));
      if (kind === "touch") await screen.tap(header(screen, "Symbol"));
      else {
        await toRows(hand);
        await screen.press("ArrowUp");
        await screen.press("Enter");
      }
      await shows(sort, (it) => it.not.toBe("none"));
      await press(screen.getByRole("button", { name: /^Back to the list/ }));
      await shows(sort, (it) => it.toBe("none"));
    },
  ],
  [
    "searches, and adds what was found",
    async ({ screen, write, kind }) => {
      const found = screen.getByRole("option", { name: "KO" }).first();
      const search = screen.getByRole("combobox");
      if (kind === "touch") {
        await write(search, "coca cola");
        await screen.tap(found);
        await rowsAre(screen, ["IBM", "MSFT", "KO"]);
        return;
      }
      await screen.press("/");
      await screen.type("coca cola");
      await found.waitFor();
      await screen.press("Enter");
      await rowsAre(screen, ["IBM", "MSFT", "KO"]);
      await screen.press("Escape");
      await screen.press("Escape");
    },
  ],
  [
    "moves a row",
    async (hand) => {
      const { screen, press, choose, kind } = hand;
      if (kind === "keyboard") {
        await toRows(hand);
        await screen.press("Control+End");
        await screen.press("Alt+ArrowUp");
        await rowsAre(screen, ["IBM", "KO", "MSFT"]);
        await screen.press("Alt+ArrowDown");
        await rowsAre(screen, ["IBM", "MSFT", "KO"]);
      }
      await openDetail(hand, "KO");
      await press(screen.getByRole("button", { name: "Move in the list" }));
      await choose(screen.getByRole("menuitem", { name: "Move up" }));
      await closeDetail(hand, "KO");
      await rowsAre(screen, ["IBM", "KO", "MSFT"]);
    },
  ],
  [
    "removes a row, and takes that back",
    async (hand) => {
      const { screen, press, kind } = hand;
      const after = ["IBM", "MSFT"];
      const before = ["IBM", "KO", "MSFT"];
      if (kind === "keyboard") {
        await toRows(hand);
        await screen.press("ArrowDown");
        await screen.press("Delete");
        await rowsAre(screen, after);
        await screen.press("Control+z");
        await rowsAre(screen, before);
        await screen.press("Control+Shift+z");
        await rowsAre(screen, after);
        await screen.press("Control+z");
        await rowsAre(screen, before);
        await screen.press("ArrowUp");
        await screen.press("Delete");
        await rowsAre(screen, after);
      } else if (hasColumns(screen)) {
        await screen.tap(screen.getByRole("button", { name: "Remove KO" }));
        await rowsAre(screen, after);
      } else {
        await openDetail(hand, "KO");
        await screen.tap(screen.getByRole("button", { name: "Remove from list" }));
        await closeDetail(hand, "KO");
        await rowsAre(screen, after);
      }
      await press(undo(screen));
      await rowsAre(screen, before);
    },
  ],
  [
    "copies a row",
    async (hand) => {
      if (hand.kind === "touch") return; // a finger selects text, as on any page
      const { screen } = hand;
      await toRows(hand);
      await screen.press("Control+c");
      await shows(
        () => screen.evaluate(() => document.body.innerText),
        (it) => it.toContain("1 row copied."),
      );
    },
  ],
  [
    "moves and sizes a column by keys",
    async (hand) => {
      const { screen, kind } = hand;
      if (kind === "touch" || !hasColumns(screen)) return;
      await toRows(hand);
      await screen.press("ArrowUp");
      const width = () => header(screen, "Symbol").evaluate((element) => element.offsetWidth);
      const first = () => textOf(screen.getByRole("columnheader").first());
      const before = await width();
      await screen.press("Alt+ArrowRight");
      await shows(width, (it) => it.toBeGreaterThan(before));
      await screen.press("Alt+ArrowLeft");
      await shows(width, (it) => it.toBe(before));
      await screen.press("Alt+Shift+ArrowRight");
      await shows(first, (it) => it.not.toBe("Symbol"));
      await screen.press("Alt+Shift+ArrowLeft");
      await shows(first, (it) => it.toBe("Symbol"));
    },
  ],
  [
    "hides, shows, moves and sizes columns, and resets them",
    async (hand) => {
      const { screen, press, choose, dismiss, leave } = hand;
      if (!hasColumns(screen)) return;
      const menu = screen.getByRole("menu", { name: "Columns" });
      const button = screen.getByRole("button", { name: "Columns" });
      const name = menu.getByRole("menuitemcheckbox", { name: "Name", exact: true });
      await press(button);
      await choose(name);
      await shows(
        () => name.evaluate((element) => element.getAttribute("aria-checked")),
        (it) => it.toBe("false"),
      );
      await choose(menu.getByRole("menuitem", { name: /^Arrange/ }));
      const arrange = dialog(screen, "Arrange the columns");
      await press(arrange.getByRole("checkbox", { name: "Name", exact: true }));
      const columns = () =>
        screen.evaluate(() => [...document.querySelectorAll(".grid .head .label")].map((label) => label.textContent));
      await shows(columns, (it) => it.toContain("Name"));
      await press(arrange.getByRole("button", { name: "Last: earlier" }));
      await shows(
        async () => (await columns()).slice(0, 3),
        (it) => it.toEqual(["Symbol", "Last", "Name"]),
      );
      const width = () =>
        screen.evaluate(() => document.querySelector<HTMLElement>(".grid .head .last")?.offsetWidth ?? 0);
      const before = await width();
      await press(arrange.getByRole("button", { name: "Last: wider" }));
      await shows(width, (it) => it.toBeGreaterThan(before));
      await dismiss();
      await gone(arrange);
      await press(button);
      await choose(menu.getByRole("menuitem", { name: "Reset the columns" }));
      await shows(
        async () => (await columns()).slice(0, 3),
        (it) => it.toEqual(["Symbol", "Name", "Last"]),
      );
      await press(button);
      await menu.waitFor();
      await leave();
      await gone(menu);
    },
  ],
];

const detail: readonly Step[] = [
  [
    "reads a detail: its chart, the table of its bars, and its trades",
    async (hand) => {
      const { screen, press, pick, scroll, kind } = hand;
      await openDetail(hand, "IBM");
      const pane = screen.getByRole(
        (await screen.getByRole("dialog", { name: "IBM" }).count()) > 0 ? "dialog" : "complementary",
        { name: "IBM" },
      );
      const chart = screen.getByRole("region", { name: "Chart" });
      if (kind === "keyboard" && (await pane.evaluate((element) => !element.contains(document.activeElement))))
        await screen.press("F6");
      await scroll(pane);
      if (kind === "touch" && screen.swipe) {
        const below = () => chart.evaluate((element) => element.getBoundingClientRect().top > innerHeight / 2);
        while (await below()) await scroll(pane);
        await scroll(chart);
      }
      for (const name of ["Earlier", "Later", "Zoom in", "Zoom out"])
        await press(chart.getByRole("button", { name, exact: true }));
      await pick(chart.getByRole("group", { name: "Interval" }), "5 minutes");
      const asTable = chart.getByRole("button", { name: "As a table" });
      await press(asTable);
      await chart.getByRole("columnheader", { name: "Close" }).waitFor();
      await press(asTable);
      await screen.getByRole("region", { name: "Trades, newest first" }).waitFor();
      await closeDetail(hand, "IBM");
    },
  ],
];

const lists: readonly Step[] = [
  [
    "makes, renames and deletes a list, and undoes that",
    async (hand) => {
      const { screen, press, write } = hand;
      await fromLists(hand, /^New list/);
      await write(dialog(screen, "New list").getByRole("textbox"), "Walked");
      await press(screen.getByRole("button", { name: "Create" }));
      await titled(screen, "Walked");
      await fromLists(hand, /^Rename/);
      await write(dialog(screen, "Rename the list").getByRole("textbox"), "Strolled");
      await press(dialog(screen, "Rename the list").getByRole("button", { name: "Rename" }));
      await titled(screen, "Strolled");
      await fromLists(hand, /^Delete this list/);
      await press(undo(screen));
      await titled(screen, "Strolled");
    },
  ],
  [
    "keeps a copy of a list of the server",
    async (hand) => {
      await fromLists(hand, /^tech/i, "menuitemradio");
      await titled(hand.screen, "tech");
      await fromLists(hand, /^Keep a copy/);
      await fromLists(hand, /^Delete this list/);
      await fromLists(hand, /^Mine/, "menuitemradio");
      await titled(hand.screen, "Mine");
    },
  ],
  [
    "exports, shares and imports a list",
    async (hand) => {
      const { screen, press, write, dismiss } = hand;
      await fromLists(hand, /^Export/);
      const text = screen.getByRole("textbox", { name: "The list as text" });
      expect(await contentOf(text)).toContain("IBM");
      const download = () => press(screen.getByRole("button", { name: "Download" }));
      if (screen.downloaded) expect(await screen.downloaded(download)).toBe("Mine.txt");
      await dismiss();
      await gone(text);
      await fromLists(hand, /^Share/);
      const link = screen.getByRole("textbox", { name: "Link" });
      expect(await contentOf(link)).toContain("IBM");
      await dismiss();
      await gone(link);
      const before = await rowsShown(screen);
      await fromLists(hand, /^Import/);
      const asks = dialog(screen, "Import a list");
      const names = asks.getByRole("textbox", { name: /^Symbols/ });
      if (screen.upload) {
        const file = asks.getByRole("button", { name: /text file/ });
        await screen.upload({ name: "two.txt", text: "AAPL\nNVDA\n" }, () => press(file));
        await shows(
          () => contentOf(names),
          (it) => it.toContain("NVDA"),
        );
      }
      await write(names, "KO PEP");
      await shows(
        () => textOf(asks),
        (it) => it.toContain("2 found."),
      );
      await press(asks.getByRole("button", { name: "Import" }));
      await rowsAre(screen, ["KO", "PEP"]);
      await fromLists(hand, /^Mine/, "menuitemradio");
      await rowsAre(screen, before);
    },
  ],
  [
    "scrolls the menu of lists and the table",
    async (hand) => {
      const { screen, press, choose, scroll, kind } = hand;
      await press(listButton(screen));
      const menu = screen.getByRole("menu", { name: "Lists" });
      const all = menu.getByRole("menuitemradio", { name: /^All symbols/ });
      await all.waitFor();
      const tall = await menu.evaluate((element) => element.scrollHeight > element.clientHeight);
      if (kind === "touch" && tall) await scroll(menu);
      await choose(all);
      await titled(screen, "All symbols");
      await shows(
        async () => (await rowsShown(screen)).length,
        (it) => it.toBeGreaterThan(3),
      );
      if (kind === "keyboard") await toRows(hand);
      await scroll(screen.getByRole("grid").first());
      await fromLists(hand, /^Mine/, "menuitemradio");
      await titled(screen, "Mine");
    },
  ],
];

const rest: readonly Step[] = [
  [
    "changes each setting",
    async ({ screen, press, pick, dismiss }) => {
      await press(screen.getByRole("button", { name: "Settings", exact: true }));
      for (const [group, label] of [
        ["Theme", "Light"],
        ["Up and down", "Blue, orange"],
        ["Rows", "Roomy"],
        ["Times", "UTC"],
        ["Updates", "1 a second"],
        ["Flash changed prices", "No"],
        ["Single keys as shortcuts", "No"],
        ["Numbers and dates", "1.234,5 DE"],
      ] as const) {
        const choices = screen.getByRole("group", { name: group, exact: true });
        const radio = choices.getByRole("radio", { name: label, exact: true });
        await pick(choices, label);
        await shows(
          () => radio.evaluate((element) => element instanceof HTMLInputElement && element.checked),
          (it) => it.toBe(true),
        );
      }
      await dismiss();
      await gone(dialog(screen, "Settings"));
    },
  ],
  [
    "pauses and resumes, in the header and in the notice",
    async ({ screen, press }) => {
      const banner = screen.getByRole("banner");
      const pause = banner.getByRole("button", { name: "Pause", exact: true });
      const resume = banner.getByRole("button", { name: "Resume", exact: true });
      await press(pause);
      await press(resume);
      await press(pause);
      await press(screen.getByRole("main").getByRole("button", { name: "Resume", exact: true }));
      await pause.waitFor();
    },
  ],
  [
    "reads what is known of the connection",
    async ({ screen, press, leave }) => {
      const panel = screen.getByRole("region", { name: "Connection and feed" });
      await press(screen.getByRole("banner").getByRole("button", { name: /^Live/ }));
      await panel.waitFor();
      await leave();
      await gone(panel);
    },
  ],
  [
    "reads the keys and what this is",
    async ({ screen, press, dismiss }) => {
      for (const [button, title] of [
        ["Keyboard", "Keyboard"],
        ["About", /./],
      ] as const) {
        await press(screen.getByRole("button", { name: button, exact: true }));
        await dialog(screen, title).waitFor();
        await dismiss();
        await gone(screen.getByRole("dialog"));
      }
    },
  ],
  [
    "prints the list",
    async ({ screen }) => {
      await screen.printing?.(async () => {
        const cells = () =>
          screen.evaluate(() => [...document.querySelectorAll(".print th")].map((cell) => cell.textContent).join(" "));
        await shows(cells, (it) => it.toContain("IBM"));
      });
    },
  ],
  [
    "connects again after an outage",
    async ({ screen, press }, server) => {
      server.begin();
      const retry = screen.getByRole("main").getByRole("button", { name: "Retry now" });
      await retry.waitFor();
      await press(retry);
      server.end();
      const badge = screen.getByRole("banner").getByRole("button", { name: /^Live/ });
      await eventually(async () => expect(await badge.count()).toBe(1));
    },
  ],
];

/** Every feature, from a list with IBM and MSFT on, and settings that cannot be read. */
const steps: readonly Step[] = [...begin, ...table, ...detail, ...lists, ...rest];

/** Walks all steps, and returns what failed. After a failure the page is loaded again, so that the next step can be done. */
export async function walk(hand: Hand, server: Outage): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const [name, does] of steps) {
    try {
      await does(hand, server);
    } catch (error) {
      const why = String(error).split("\n").slice(0, 12).join(" ");
      failed.push(`${name}: ${why}; rows: ${(await rowsShown(hand.screen)).slice(0, 5).join(" ")}`);
      server.end();
      await hand.screen.reload();
      await hand.screen.getByRole("grid").first().waitFor();
    }
  }
  return failed;
}

import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** How a reader without a mouse does things. A walk is written once, and done by each of them. */
export interface Hand {
  readonly page: Page;
  /** Presses a button or a link. */
  press(control: Locator): Promise<void>;
  /** Writes a text in place of what the field has. */
  write(field: Locator, text: string): Promise<void>;
  /** Chooses an item of a menu that is open. */
  choose(item: Locator): Promise<void>;
  /** Chooses one of a group of radio buttons. */
  pick(group: Locator, label: string): Promise<void>;
  /** Closes the dialog that is open. */
  dismiss(): Promise<void>;
}

const hasFocus = (control: Locator): Promise<boolean> =>
  control.evaluate((element) => element === document.activeElement, undefined, { timeout: 5000 });

/** Presses a key until something is so, at most this often: more often says that the keyboard does not get there. */
async function pressUntil(page: Page, key: string, most: number, so: () => Promise<boolean>): Promise<void> {
  for (let times = 0; times <= most; times++) {
    if (await so()) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${most} times ${key} did not get there`);
}

/** The keyboard alone: Tab reaches every control, in at most one round of the page. */
export function keyboardHand(page: Page): Hand {
  const reach = (control: Locator) => pressUntil(page, "Tab", 80, () => hasFocus(control));
  return {
    page,
    async press(control) {
      await reach(control);
      await page.keyboard.press("Enter");
    },
    async write(field, text) {
      await reach(field);
      await page.keyboard.press("Control+a");
      await page.keyboard.type(text);
    },
    async choose(item) {
      await item.waitFor();
      await pressUntil(page, "ArrowDown", 60, () => hasFocus(item));
      await page.keyboard.press("Enter");
    },
    async pick(group, label) {
      const radio = group.getByRole("radio", { name: label, exact: true });
      const inGroup = () => group.evaluate((element) => element.contains(document.activeElement));
      await pressUntil(page, "Tab", 80, inGroup);
      await pressUntil(page, "ArrowRight", 12, () => radio.isChecked());
    },
    dismiss: () => page.keyboard.press("Escape"),
  };
}

/** Fingers alone. A text comes from the keyboard on the screen, which has no other keys. */
export function touchHand(page: Page): Hand {
  const tap = (control: Locator) => control.tap({ timeout: 5000 });
  return {
    page,
    press: tap,
    async write(field, text) {
      await tap(field);
      await field.selectText();
      await page.keyboard.insertText(text);
    },
    choose: tap,
    pick: (group, label) => tap(group.getByRole("radio", { name: label, exact: true })),
    dismiss: () => tap(page.getByRole("dialog").getByRole("button", { name: "Close" })),
  };
}

/** Whether rows are in columns. On screens of at most 37.5 rem they are cards, which have no columns to arrange. */
export const hasColumns = (page: Page): boolean => (page.viewportSize()?.width ?? 0) > 600;

/** A part of the walk, named after what the reader gets. */
export type Step = readonly [name: string, walk: (hand: Hand) => Promise<void>];

/** The symbols on the screen, from top to bottom. */
export const rowsShown = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>(".body .row")]
      .sort((a, b) => Number(a.getAttribute("aria-rowindex")) - Number(b.getAttribute("aria-rowindex")))
      .map((row) => row.dataset["symbol"] ?? ""),
  );
export const rowsAre = (page: Page, symbols: readonly string[]) => expect.poll(() => rowsShown(page)).toEqual(symbols);

const listButton = (page: Page) =>
  page.getByRole("button", { name: /^(Lists|.*[\d,]+)$/ }).and(page.locator("[aria-haspopup]"));
const item = (page: Page, name: string | RegExp) =>
  page.getByRole("menu", { name: "Lists" }).locator("[role^=menuitem]").filter({ hasText: name });

/** Opens the menu of lists and chooses what starts with this. */
async function fromLists(hand: Hand, name: RegExp): Promise<void> {
  await hand.press(listButton(hand.page));
  await hand.choose(item(hand.page, name).first());
}

const titled = (page: Page, name: string) => expect.poll(() => listButton(page).textContent()).toContain(name);
const dialog = (page: Page, name: string | RegExp) => page.getByRole("dialog", { name });
const gone = (locator: Locator) => locator.waitFor({ state: "hidden", timeout: 5000 });

/** Walks the chart, the table of its bars and the trades of the detail that is open, and closes it. */
export async function walkDetail(hand: Hand, symbol: string): Promise<void> {
  const { page } = hand;
  const chart = page.getByRole("region", { name: "Chart" });
  for (const name of ["Earlier", "Zoom in", "Zoom out", "Later", "To the newest"]) {
    const button = chart.getByRole("button", { name, exact: true });
    if (await button.isEnabled()) await hand.press(button);
  }
  await hand.pick(chart.getByRole("group", { name: "Interval" }), "5 minutes");
  await hand.press(chart.getByRole("button", { name: "As a table" }));
  await chart.getByRole("columnheader", { name: "Close" }).waitFor();
  await hand.press(chart.getByRole("button", { name: "As a table" }));
  await page.getByRole("region", { name: "Trades, newest first" }).waitFor();
  await hand.press(page.getByRole("button", { name: `Close ${symbol}` }));
  await gone(page.getByRole("heading", { name: symbol }));
}

/** Every feature that both hands reach, from a list with IBM and MSFT on. */
export const sharedWalk: readonly Step[] = [
  [
    "closes the note on where prices come from",
    async (hand) => {
      const note = hand.page.getByRole("button", { name: "Close this note" });
      await hand.press(note);
      await gone(note);
    },
  ],
  [
    "filters the list, and clears the filter",
    async (hand) => {
      const field = hand.page.getByRole("textbox", { name: "Filter the list" });
      await hand.write(field, "micro");
      await rowsAre(hand.page, ["MSFT"]);
      await hand.write(field, "nothing at all");
      await hand.press(hand.page.getByRole("button", { name: "Clear the filter" }));
      await rowsAre(hand.page, ["IBM", "MSFT"]);
    },
  ],
  [
    "makes, renames and deletes a list, and undoes that",
    async (hand) => {
      const { page } = hand;
      await fromLists(hand, /^New list/);
      await hand.write(dialog(page, "New list").getByRole("textbox"), "Walked");
      await hand.press(page.getByRole("button", { name: "Create" }));
      await titled(page, "Walked");
      await fromLists(hand, /^Rename/);
      await hand.write(dialog(page, "Rename the list").getByRole("textbox"), "Strolled");
      await hand.press(dialog(page, "Rename the list").getByRole("button", { name: "Rename" }));
      await titled(page, "Strolled");
      await fromLists(hand, /^Delete this list/);
      await hand.press(page.getByRole("button", { name: "Undo" }));
      await titled(page, "Strolled");
    },
  ],
  [
    "keeps a copy of a list of the server",
    async (hand) => {
      await fromLists(hand, /^tech/);
      await titled(hand.page, "tech");
      await fromLists(hand, /^Keep a copy/);
      await fromLists(hand, /^Delete this list/);
      await fromLists(hand, /^Mine/);
      await titled(hand.page, "Mine");
    },
  ],
  [
    "exports, shares and imports a list",
    async (hand) => {
      const { page } = hand;
      await fromLists(hand, /^Export/);
      expect(await page.getByRole("textbox", { name: "The list as text" }).inputValue()).toContain("IBM");
      await hand.dismiss();
      await gone(page.getByRole("dialog"));
      await fromLists(hand, /^Share/);
      expect(await page.getByRole("textbox", { name: "Link" }).inputValue()).toContain("IBM");
      await hand.dismiss();
      await gone(page.getByRole("dialog"));
      const before = await rowsShown(page);
      await fromLists(hand, /^Import/);
      await hand.write(page.getByRole("textbox", { name: /^Symbols/ }), "KO PEP");
      await page.getByText("2 found.").waitFor({ timeout: 5000 });
      await hand.press(page.getByRole("button", { name: "Import" }));
      await rowsAre(page, ["KO", "PEP"]);
      await fromLists(hand, /^Mine/);
      await rowsAre(page, before);
    },
  ],
  [
    "hides and shows a column, and resets the columns",
    async (hand) => {
      const { page } = hand;
      if (!hasColumns(page)) return;
      const column = page.getByRole("columnheader", { name: "Name" });
      const menu = page.getByRole("menu", { name: "Columns" });
      await hand.press(page.getByRole("button", { name: "Columns" }));
      const name = menu.getByRole("menuitemcheckbox", { name: "Name", exact: true });
      const was = await name.getAttribute("aria-checked");
      await hand.choose(name);
      await expect.poll(() => name.getAttribute("aria-checked")).not.toBe(was);
      await hand.choose(menu.getByRole("menuitem", { name: "Reset the columns" }));
      await expect.poll(() => column.count()).toBe(1);
    },
  ],
  [
    "changes each setting",
    async (hand) => {
      const { page } = hand;
      await hand.press(page.getByRole("button", { name: "Settings", exact: true }));
      for (const [group, label] of [
        ["Theme", "Light"],
        ["Up and down", "Blue, orange"],
        ["Rows", "Roomy"],
        ["Times", "UTC"],
        ["Updates", "1 a second"],
        ["Flash changed prices", "No"],
        ["Numbers and dates", "1.234,5 DE"],
      ] as const) {
        const choices = page.getByRole("group", { name: group, exact: true });
        await hand.pick(choices, label);
        await expect.poll(() => choices.getByRole("radio", { name: label, exact: true }).isChecked()).toBe(true);
      }
      await hand.dismiss();
      await gone(page.getByRole("dialog"));
    },
  ],
  [
    "pauses and resumes",
    async (hand) => {
      const { page } = hand;
      const button = page.getByRole("banner").getByRole("button", { name: /^(Pause|Resume)/ });
      for (const paused of ["true", "false"]) {
        await hand.press(button);
        await expect.poll(() => button.getAttribute("aria-pressed")).toBe(paused);
      }
    },
  ],
  [
    "reads what is known of the connection",
    async (hand) => {
      const badge = hand.page.getByTitle("Connection and feed");
      await hand.press(badge);
      await hand.page.getByText("Round trip", { exact: true }).waitFor({ timeout: 5000 });
      await hand.press(badge);
      await expect.poll(() => badge.getAttribute("aria-expanded")).toBe("false");
    },
  ],
  [
    "reads the keys and what this is",
    async (hand) => {
      const { page } = hand;
      await hand.press(page.getByRole("button", { name: "Keyboard" }));
      await dialog(page, "Keyboard").waitFor({ timeout: 5000 });
      await hand.dismiss();
      await gone(page.getByRole("dialog"));
      await hand.press(page.getByRole("button", { name: "About" }));
      await page.getByRole("dialog").waitFor({ timeout: 5000 });
      await hand.dismiss();
      await gone(page.getByRole("dialog"));
    },
  ],
];

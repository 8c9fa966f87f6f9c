import { type Assertion, expect } from "vitest";
import { textsOfRows } from "../browser.ts";
import type { Hand } from "../hand.ts";
import type { Part, Screen } from "../screen.ts";
import { eventually } from "../server.ts";

/** A part of the walk, named after what the reader gets. */
export type Step = readonly [name: string, walk: (hand: Hand, server: Outage) => Promise<void>];

/** Takes the server away, and brings it back. */
export interface Outage {
  begin(): void;
  end(): void;
}

/** Whether rows are in columns. On screens of at most 37.5 rem they are cards, which have no columns to arrange. */
export const hasColumns = ({ width }: Screen): boolean => width > 600;

/** The symbols on the screen, from top to bottom. */
export const rowsShown = (screen: Screen): Promise<string[]> => screen.evaluate(textsOfRows);
/** Waits until what is read is as expected. */
export const shows = <T>(read: () => Promise<T>, expected: (it: Assertion<T>) => void): Promise<void> =>
  eventually(async () => expected(expect(await read())), 10_000);
export const rowsAre = (screen: Screen, symbols: readonly string[]) =>
  shows(
    () => rowsShown(screen),
    (it) => it.toEqual(symbols),
  );

export const gone = (part: Part) => part.waitFor({ state: "hidden" });
/** Whether it goes away within three seconds. */
export const goneSoon = (part: Part) =>
  eventually(async () => expect(await part.count()).toBe(0), 3000).then(
    () => true,
    () => false,
  );
export const textOf = (part: Part) => part.evaluate((element) => element.textContent);
export const contentOf = (part: Part) =>
  part.evaluate((element) =>
    element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement ? element.value : "",
  );
export const dialog = (screen: Screen, name: string | RegExp) => screen.getByRole("dialog", { name });
export const filterOf = (screen: Screen) => screen.getByRole("textbox", { name: "Filter the list" });
export const listButton = (screen: Screen) => screen.getByRole("region", { name: "View" }).getByRole("button").first();
export const titled = (screen: Screen, name: string) =>
  shows(
    () => textOf(listButton(screen)),
    (it) => it.toContain(name),
  );
export const header = (screen: Screen, name: string) => screen.getByRole("columnheader", { name, exact: true });
export const rowOf = (screen: Screen, symbol: string) =>
  screen.getByRole("grid").first().getByRole("rowheader", { name: symbol });
export const undo = (screen: Screen) => screen.getByRole("button", { name: "Undo" });

/** Opens the menu of lists and chooses what starts with this. */
export async function fromLists(
  { screen, press, choose }: Hand,
  name: RegExp,
  role: "menuitem" | "menuitemradio" = "menuitem",
) {
  await press(listButton(screen));
  await choose(screen.getByRole("menu", { name: "Lists" }).getByRole(role, { name }).first());
}

/** By keyboard: goes from the filter to the first row. */
export async function toRows({ screen, write }: Hand): Promise<void> {
  await write(filterOf(screen), "");
  await screen.press("Enter");
  await screen.press("Control+Home");
}

export async function openDetail(hand: Hand, symbol: string): Promise<void> {
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

export async function closeDetail({ screen, press }: Hand, symbol: string): Promise<void> {
  await press(screen.getByRole("button", { name: `Close ${symbol}` }));
  await gone(screen.getByRole("heading", { name: symbol }));
}

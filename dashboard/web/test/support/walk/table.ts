import { expect } from "vitest";
import { eventually } from "../server.ts";
import {
  closeDetail,
  dialog,
  gone,
  hasColumns,
  header,
  openDetail,
  rowsAre,
  type Step,
  shows,
  textOf,
  toRows,
  undo,
} from "./step.ts";

/** What is done with rows and columns. */
export const table: readonly Step[] = [
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
      await eventually(async () => {
        await screen.press("Control+c");
        const said = await screen.evaluate(() => {
          const selection = getSelection();
          const focus = document.activeElement?.className;
          return `${document.querySelector(".note")?.textContent} focus: ${focus}, selected: ${selection?.type} ${selection}`;
        });
        expect(said).toContain("1 row copied.");
      }, 10_000);
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

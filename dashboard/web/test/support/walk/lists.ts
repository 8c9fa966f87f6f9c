import { expect } from "vitest";
import {
  contentOf,
  dialog,
  fromLists,
  gone,
  listButton,
  rowsAre,
  rowsShown,
  type Step,
  shows,
  textOf,
  titled,
  toRows,
  undo,
} from "./step.ts";

/** What is done with lists. */
export const lists: readonly Step[] = [
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
      const { screen, press, write, dismiss, skipped } = hand;
      await fromLists(hand, /^Export/);
      const text = screen.getByRole("textbox", { name: "The list as text" });
      expect(await contentOf(text)).toContain("IBM");
      const download = () => press(screen.getByRole("button", { name: "Download" }));
      if (screen.downloaded) expect(await screen.downloaded(download)).toBe("Mine.txt");
      else skipped.add("downloads");
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
      } else skipped.add("uploads");
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

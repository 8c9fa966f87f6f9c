import { expect } from "vitest";
import { contentOf, dialog, filterOf, gone, goneSoon, rowsAre, type Step } from "./step.ts";

/** What a reader sees first. */
export const begin: readonly Step[] = [
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
      // Once more, if the browser was so busy that the page moved under the finger.
      await press(note);
      if (!(await goneSoon(note))) await press(note);
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

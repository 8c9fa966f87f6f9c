import { expect } from "vitest";
import { eventually } from "../server.ts";
import { dialog, gone, type Step, shows } from "./step.ts";

/** Everything beside table and lists. */
export const rest: readonly Step[] = [
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
    async ({ screen, skipped }) => {
      if (!screen.printing) return void skipped.add("printing");
      await screen.printing(async () => {
        const cells = () =>
          screen.evaluate(() => [...document.querySelectorAll(".print th")].map((cell) => cell.textContent).join(" "));
        await shows(cells, (it) => it.toContain("IBM"));
      });
    },
  ],
  [
    "connects again after an outage",
    async ({ screen, press }, server) => {
      // It never tries by itself, so that it is the button that connects it.
      await screen.evaluate(() => {
        const { setTimeout } = window;
        Object.assign(window, {
          setTimeout: (run: () => void, delay = 0) => setTimeout(run, delay > 20 ? 1e9 : delay),
        });
      });
      server.begin();
      const retry = screen.getByRole("main").getByRole("button", { name: "Retry now" });
      await retry.waitFor();
      server.end();
      await press(retry);
      const badge = screen.getByRole("banner").getByRole("button", { name: /^Live/ });
      await eventually(async () => expect(await badge.count()).toBe(1));
    },
  ],
];

import { closeDetail, openDetail, type Step } from "./step.ts";

/** What is read of one symbol. */
export const detail: readonly Step[] = [
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

import { effect } from "@preact/signals";
import { createGrid } from "./grid/grid.ts";
import type { Services, View } from "./services.ts";

const rankEvery = 1000; // ms: rows that swap places faster cannot be read
const refreshEvery = rankEvery / 4;

/** Puts the table of quotes into an element: the symbols of the workspace, with the prices of the market. */
export function mountQuotes(host: HTMLElement, services: Services): View {
  const { market, workspace, settings, shell, format } = services;
  const motion = matchMedia("(prefers-reduced-motion: reduce)");
  const grid = createGrid({
    root: host,
    label: "Quotes",
    row: market.row,
    age: market.age,
    format: format.peek(),
    layout: workspace.layout.peek(),
    sparks: services.sparks,
    sort: workspace.sortBy,
    setLayout: workspace.setLayout,
    remove: workspace.remove,
    open: services.detail.open,
    move: workspace.move,
    flashes: () => !motion.matches && settings.value.peek().flash === "on",
  });

  let shown: readonly string[] = [];
  /** Ranks the rows by the newest prices, unless someone reads them. */
  const rank = () => {
    if (!workspace.sort.peek() || !workspace.symbols.peek()) {
      shell.held.value = false;
      return;
    }
    const ranked = workspace.ranked();
    const held = grid.held();
    shell.held.value = held && ranked.some((symbol, index) => symbol !== shown[index]);
    if (held) return;
    shown = ranked;
    grid.setRows(ranked);
  };

  const timers = [setInterval(rank, rankEvery), setInterval(grid.refresh, refreshEvery)];
  const stops = [
    market.listen(grid.mark),
    effect(() => {
      grid.setSort(workspace.sort.value);
      if (workspace.symbols.value) grid.setRows(workspace.ranked());
    }),
    effect(() => grid.setLayout(workspace.layout.value)),
    effect(() => grid.setFormat(format.value)),
    effect(() => {
      settings.value.value; // rows of another density have another height, once the stylesheet is applied
      requestAnimationFrame(grid.measure);
    }),
  ];
  return {
    close() {
      for (const timer of timers) clearInterval(timer);
      for (const stop of stops) stop();
      grid.close();
    },
  };
}

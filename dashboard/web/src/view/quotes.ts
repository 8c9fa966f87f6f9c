import { computed, effect } from "@preact/signals";
import { createGrid } from "./grid/grid.ts";
import { followCopying } from "./print/print.ts";
import type { Services, View } from "./services.ts";

const sortEvery = 1000; // ms: rows that swap places more often cannot be read
const refreshEvery = 250; // ms; each time a quarter of the rows is painted

/** Puts the table of quotes into an element: the symbols of the workspace, with the prices of the market. */
export function mountQuotes(host: HTMLElement, services: Services): View {
  const { market, shown, workspace, settings, shell, format } = services;
  const motion = matchMedia("(prefers-reduced-motion: reduce)");
  const live = computed(() => market.liveness.value.live);
  const grid = createGrid({
    root: host,
    id: services.id,
    label: "Quotes",
    row: shown.row,
    age: market.age,
    format: format.peek(),
    live: () => live.peek(),
    layout: workspace.layout.peek(),
    sparks: services.sparks,
    sort: workspace.sortBy,
    setLayout: workspace.setLayout,
    remove: workspace.remove,
    open: services.detail.open,
    pass: services.detail.pass,
    move: workspace.move,
    flashes: () => !motion.matches && settings.value.peek().flash === "on",
  });

  let list = workspace.choice.peek(); // whose rows are shown
  const show = (order: readonly string[]) => {
    shell.order.value = order;
    shell.held.value = false;
    grid.setRows(order);
  };
  /** Sorts the rows by the newest prices, unless the reader holds them in place. */
  const sortAgain = () => {
    if (!workspace.sort.peek() || !workspace.symbols.peek()) {
      shell.held.value = false;
      return;
    }
    const sorted = workspace.sorted();
    const moved = sorted.some((symbol, index) => symbol !== shell.order.peek()[index]);
    if (moved && grid.held()) shell.held.value = true;
    else if (moved) show(sorted);
    else shell.held.value = false;
  };

  const timers = [setInterval(sortAgain, sortEvery), setInterval(shown.paced(grid.refresh), refreshEvery)];
  const stops = [
    shown.follow({ wants: grid.shows, draw: grid.draw }),
    followCopying(host, grid, services),
    effect(() => {
      grid.setSort(workspace.sort.value);
      if (!workspace.symbols.value) return;
      show(workspace.sorted());
      if (list === workspace.choice.value) return;
      list = workspace.choice.value;
      grid.refit();
    }),
    effect(() => {
      live.value;
      grid.repaint();
    }),
    effect(() => grid.setOpen(services.detail.symbol.value)),
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

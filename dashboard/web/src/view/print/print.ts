/*
 * view/print/ takes the list out of the page: to paper, and to the clipboard. Browsers wait for nothing when they print
 * or copy. So `paper.ts`, with all the rest, is fetched soon after the start.
 */
import type { Grid } from "../grid/grid.ts";
import { beginLater } from "../later.ts";
import type { Services } from "../services.ts";

const fetchPaper = () => import("./paper.ts");

/** Shows the list as a table in place of the page while it is printed. Returns the function that stops it. */
export const followPrinting = (services: Services): (() => void) =>
  beginLater(fetchPaper, ({ answerPrinter }) => answerPrinter(services));

/** Copies rows of the table as tab-separated values. Returns the function that stops it. */
export const followCopying = (root: HTMLElement, grid: Grid, services: Services): (() => void) =>
  beginLater(fetchPaper, ({ answerCopying }) => answerCopying(root, grid, services));

/*
 * walk/ goes through every feature of the page by one hand alone. A step is what a reader gets; each part of the page has a
 * file of them.
 */
import type { Hand } from "../hand.ts";
import { begin } from "./begin.ts";
import { detail } from "./detail.ts";
import { lists } from "./lists.ts";
import { rest } from "./rest.ts";
import { type Outage, rowsShown, type Step } from "./step.ts";
import { table } from "./table.ts";

/** Every feature, from a list with IBM and MSFT on, and settings that cannot be read. */
const steps: readonly Step[] = [...begin, ...table, ...detail, ...lists, ...rest];

/**
 * Walks all steps, and returns what failed, and what was done without in this browser. After a failure the page is loaded
 * again, so that the next step can be done.
 */
export async function walk(
  hand: Hand,
  server: Outage,
): Promise<{ readonly failed: readonly string[]; readonly skipped: readonly string[] }> {
  const failed: string[] = [];
  for (const [name, does] of steps) {
    try {
      await does(hand, server);
    } catch (error) {
      const why = String(error).split("\n").slice(0, 12).join(" ");
      failed.push(`${name}: ${why}; rows: ${(await rowsShown(hand.screen)).slice(0, 5).join(" ")}`);
      server.end();
      await hand.screen.reload();
      await hand.screen.getByRole("grid").first().waitFor();
    }
  }
  return { failed, skipped: [...hand.skipped].sort() };
}

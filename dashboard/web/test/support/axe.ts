import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The rules of accessibility that the page breaks as it is now. */
export async function complaints(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { run } = Reflect.get(window, "axe") as {
      run(): Promise<{
        passes: unknown[];
        violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
      }>;
    };
    const { passes, violations } = await run();
    if (passes.length < 15) throw new Error("the rules were not run");
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`);
  });
}

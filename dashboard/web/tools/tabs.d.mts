import type { Browser } from "playwright-core";

export interface Walk {
  readonly browser: Browser;
  readonly url: string;
  /** Tabs at most, and how many of them are looked at at once. */
  readonly tabs: number;
  readonly windows: number;
  readonly seconds: number;
  /** From 0 up to and without 1. */
  readonly chance: () => number;
  readonly say?: (text: string) => void;
}

export function walkTabs(walk: Walk): Promise<{
  readonly faults: readonly string[];
  readonly checks: number;
  readonly opened: number;
  /** Bytes of the heap of a tab that was hidden all the time. */
  readonly grown: number;
}>;

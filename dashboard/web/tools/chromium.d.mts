import type { Browser } from "playwright-core";

/** Starts Chromium without these of its usual arguments. */
export function launch(...without: readonly string[]): Promise<Browser>;

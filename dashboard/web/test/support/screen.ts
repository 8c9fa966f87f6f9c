import type { Page } from "playwright-core";
import { middleInSight, scrolledByScript, swipe } from "./scroll.ts";

/** The roles that a walk looks for. */
export type Role = Parameters<Page["getByRole"]>[0];

export interface Name {
  readonly name?: string | RegExp;
  readonly exact?: boolean;
}

/** What has a role and a name, and is shown. It is looked for anew each time. */
export interface Part {
  getByRole(role: Role, name?: Name): Part;
  first(): Part;
  count(): Promise<number>;
  /** Waits until there is one and runs a function on it, which can use nothing but its arguments. */
  evaluate<T>(does: (element: HTMLElement) => T): Promise<T>;
  waitFor(options?: { readonly state?: "visible" | "hidden" }): Promise<void>;
}

/** A page in some browser, and what a walk can do to it: it has only keys and fingers. */
export interface Screen {
  readonly width: number;
  getByRole(role: Role, name?: Name): Part;
  evaluate<T>(does: () => T): Promise<T>;
  /** Presses a key, with others held, as in `Control+z`. */
  press(key: string): Promise<void>;
  type(text: string): Promise<void>;
  /** Puts the finger on the middle of a part, or on a point, moves it by x and y px, and lifts it. */
  tap(on: Part | { readonly x: number; readonly y: number }): Promise<void>;
  swipe?(from: Part, x: number, y: number): Promise<void>;
  /** The name of the file that is downloaded when something is done. */
  downloaded?(when: () => Promise<void>): Promise<string>;
  /** Answers the browser's question for a file, which something brings up. */
  upload?(file: { readonly name: string; readonly text: string }, when: () => Promise<void>): Promise<void>;
  /** Runs something while the page is printed. */
  printing?(does: () => Promise<void>): Promise<void>;
  /** Loads it again, with nothing open. */
  reload(): Promise<void>;
}

/** A page in Chromium. */
export function chromiumScreen(page: Page): Screen {
  page.setDefaultTimeout(10_000);
  const locators = new WeakMap<Part, ReturnType<Page["getByRole"]>>();
  const known = (at: ReturnType<Page["getByRole"]>): Part => {
    const part: Part = {
      getByRole: (role, name) => known(at.getByRole(role, name)),
      first: () => known(at.first()),
      count: () => at.count(),
      evaluate: (does) => at.evaluate(does),
      waitFor: (options) => at.waitFor(options),
    };
    locators.set(part, at);
    return part;
  };
  const locatorOf = (part: Part) => {
    const at = locators.get(part);
    if (!at) throw new Error("the part is of another screen");
    return at;
  };
  return {
    width: page.viewportSize()?.width ?? 0,
    getByRole: (role, name) => known(page.getByRole(role, name)),
    evaluate: (does) => page.evaluate(does),
    press: (key) => page.keyboard.press(key),
    type: (text) => page.keyboard.type(text),
    async tap(on) {
      if ("x" in on) return page.touchscreen.tap(on.x, on.y);
      const at = locatorOf(on);
      await at.scrollIntoViewIfNeeded();
      const fault = await at.evaluate(scrolledByScript);
      if (fault) throw new Error(`${at} ${fault}`);
      await at.tap();
    },
    swipe: async (from, x, y) => swipe(page, await middleInSight(locatorOf(from)), x, y),
    async downloaded(when) {
      const [download] = await Promise.all([page.waitForEvent("download"), when()]);
      return download.suggestedFilename();
    },
    async upload({ name, text }, when) {
      const [chooser] = await Promise.all([page.waitForEvent("filechooser"), when()]);
      await chooser.setFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
    },
    async printing(does) {
      await page.emulateMedia({ media: "print" });
      await does();
      await page.emulateMedia({ media: "screen" });
    },
    async reload() {
      await page.goto(new URL(page.url()).origin);
    },
  };
}

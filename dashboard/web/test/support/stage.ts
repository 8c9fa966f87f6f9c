import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launch } from "./browser.ts";
import { type Server, startServer } from "./server.ts";

/** What the tests of a file share. */
export interface Stage {
  readonly browser: Browser;
  readonly server: Server;
}

/** Starts a browser before the first test of a file, and closes it after the last. */
export function setBrowser(): Pick<Stage, "browser"> {
  let browser: Browser | null = null;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());
  return {
    get browser() {
      if (!browser) throw new Error("no test of the file has begun");
      return browser;
    },
  };
}

/** Starts a browser and a server, with these settings, before the first test of a file, and closes them after the last. */
export function setStage(environment: Readonly<Record<string, string>> = {}): Stage {
  let set: Stage | null = null;
  const get = (): Stage => {
    if (!set) throw new Error("no test of the file has begun");
    return set;
  };
  beforeAll(async () => {
    const [server, browser] = await Promise.all([startServer(environment), launch()]);
    set = { server, browser };
  });
  afterAll(async () => {
    await set?.browser.close();
    await set?.server.close();
  });
  return {
    get browser() {
      return get().browser;
    },
    get server() {
      return get().server;
    },
  };
}

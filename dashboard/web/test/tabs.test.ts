import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { walkTabs } from "../tools/tabs.mjs";
import { launch, live, pricesMove, turn } from "./support/browser.ts";
import { random } from "./support/chance.ts";
import { type Server, startServer } from "./support/server.ts";

let browser: Browser;
let server: Server;
let context: BrowserContext;

beforeAll(async () => {
  server = await startServer({ TICKERTAPE_FEED_SIM_HALT_EVERY: "0s" });
  browser = await launch();
  context = await browser.newContext();
  // What each tab is told by others.
  await context.addInitScript(() => {
    const told: unknown[] = [];
    Reflect.set(window, "told", told);
    const Channel = BroadcastChannel;
    Reflect.set(
      window,
      "BroadcastChannel",
      class extends Channel {
        constructor(name: string) {
          super(name);
          this.addEventListener("message", ({ data }) => told.push(data));
        }
      },
    );
  });
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

const open = async (path: string): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(server.url + path);
  await live(page);
  return page;
};
/** The symbols of the quotes in all that a tab was told, and how many notes those were. */
const told = async (page: Page) => {
  const text = await page.evaluate(() => JSON.stringify(Reflect.get(window, "told")));
  const symbols = [...text.matchAll(/\{"s":"([^"]+)"/g)].map(([, symbol]) => symbol);
  return { notes: (JSON.parse(text) as unknown[]).length, symbols: [...new Set(symbols)].sort() };
};

test("a tab is told the quotes of its list alone, and nothing while it is hidden", async () => {
  const leader = await open("/");
  const follower = await open("/?s=IBM,XOM");
  await pricesMove(follower);
  expect((await told(follower)).symbols).toEqual(["IBM", "XOM"]);

  await turn(follower, "hidden");
  await pricesMove(leader); // what was under way has come
  const { notes } = await told(follower);
  for (let i = 0; i < 4; i++) await pricesMove(leader);
  expect((await told(follower)).notes).toBe(notes);

  // Shown again, it has everything with the first note, after a frame or two.
  const frames = await follower.evaluate(
    () =>
      new Promise<number>((done) => {
        Object.defineProperty(document, "visibilityState", { configurable: true, value: "visible" });
        document.dispatchEvent(new Event("visibilitychange"));
        const before = (Reflect.get(window, "told") as unknown[]).length;
        let count = 0;
        const look = () => {
          count++;
          const heard = (Reflect.get(window, "told") as unknown[]).length > before;
          if (heard && document.querySelector('.badge[data-tone="live"]')) done(count);
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
  );
  expect(frames).toBeLessThanOrEqual(15); // two on a machine that is idle
  for (const page of [leader, follower]) await page.close();
});

test("a tab has live prices again within three seconds when the one with the connection answers no more", async () => {
  const leader = await open("/");
  const follower = await open("/?s=AAPL,MSFT");
  await pricesMove(follower);
  // When prices have been lost, and come again. The badge may change for less than a frame.
  const again = follower.evaluate(
    () =>
      new Promise<number>((done) => {
        const prices = () => [...document.querySelectorAll(".body .row .last")].map((cell) => cell.textContent).join();
        let before: string | null = null;
        const look = () => {
          const live = document.querySelector('.badge[data-tone="live"]') !== null;
          if (!live) before = prices();
          else if (before !== null && prices() !== before) done(Date.now());
        };
        new MutationObserver(look).observe(document, {
          subtree: true,
          childList: true,
          attributes: true,
          characterData: true,
        });
      }),
  );
  const stuck = leader.evaluate(() => {
    const end = performance.now() + 6000;
    while (performance.now() < end);
  });
  const began = Date.now();
  expect((await again) - began).toBeLessThan(3000);
  await stuck;
  await live(leader); // over the connection of the other
  await pricesMove(leader);
  await expect.poll(server.subscribers).toBe(1);
  for (const page of [leader, follower]) await page.close();
});

test("tabs that are opened, hidden, put to sleep and closed in any order show what the server says", async () => {
  const seconds = Number(process.env["SECONDS"] ?? 7);
  const walk = await walkTabs({ browser, url: server.url, tabs: 5, windows: 3, seconds, chance: random(1) });
  expect(walk.faults).toEqual([]);
  expect(walk.checks).toBeGreaterThan(3);
  expect(walk.grown).toBeLessThan(1024 * 1024);
});

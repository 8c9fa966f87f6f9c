import { EventSource } from "eventsource";
import type { CDPSession, Page, WebSocket } from "playwright-core";
import { type Client, createClient } from "tickertape-client";
import { expect, test } from "vitest";
import { openPage, refused, turn } from "./support/browser.ts";
import { type Server, startServer } from "./support/server.ts";
import { setBrowser } from "./support/stage.ts";

/*
 * What the client library promises, seen in a browser: pages of a developer that have nothing but the library which the
 * server serves.
 */

declare global {
  interface Window {
    createClient: typeof createClient;
    client: Client;
    kept: unknown[];
  }
}

const stage = setBrowser();

/** Makes a client in a document of the server that has no script of its own. */
async function begin(page: Page, server: Server, options: object = {}): Promise<void> {
  await page.goto(`${server.url}/licenses.txt`);
  await page.evaluate(`import("/client/client.js").then((library) => { window.createClient = library.createClient; })`);
  await page.evaluate((more) => {
    window.client = window.createClient({ url: `${location.origin}/`, ...more });
  }, options);
}

/** Opens an empty page. */
const empty = (allow = /favicon/) => openPage(stage.browser, "about:blank", { allow });

test("of more charts than the server allows, those that were refused come when others are closed", async () => {
  const server = await startServer({ TICKERTAPE_FEED_SIM_RATE: "200" });
  const { page, close } = await empty();
  const sockets: WebSocket[] = [];
  page.on("websocket", (socket) => sockets.push(socket));
  await begin(page, server);
  const charts = await page.evaluate(async () => {
    const { symbols } = await (await fetch("/api/symbols?query=&limit=30")).json();
    const found: [string, string][] = [];
    for (const { symbol } of symbols) for (const interval of ["1s", "1m", "5m"]) found.push([symbol, interval]);
    window.client.connect();
    return found.slice(0, 80);
  });
  expect(charts).toHaveLength(80);
  await page.evaluate((all) => {
    for (const [symbol, interval] of all) window.client.subscribe({ bars: [symbol], interval });
  }, charts);
  const filled = (from: number) =>
    page.evaluate(
      (some) => some.filter(([symbol, interval]) => window.client.bars(symbol, interval).length > 0).length,
      charts.slice(from),
    );
  await expect.poll(() => filled(0)).toBe(50);
  await page.evaluate(
    (all) => {
      for (const [symbol, interval] of all) window.client.unsubscribe({ bars: [symbol], interval });
    },
    charts.slice(0, 40),
  );
  await expect.poll(() => filled(40)).toBe(40);
  expect(sockets).toHaveLength(1);
  expect(await page.evaluate(() => window.client.state.phase)).toBe("open");
  await close();
  await server.close();
});

/** The bytes of the heap that are in use, after a collection. */
async function heap(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  return (await session.send("Runtime.getHeapUsage")).usedSize;
}

test("a hidden page keeps nothing of a busy tape, and has it all when it is shown", async () => {
  const seconds = Number(process.env["HIDDEN_SECONDS"] ?? 3);
  const server = await startServer({ TICKERTAPE_FEED_SIM_RATE: "20000", TICKERTAPE_FEED_SIM_SYMBOLS: "24" });
  const { page, close } = await empty();
  const shown = await page.context().newPage();
  for (const each of [page, shown]) {
    await begin(each, server);
    await each.evaluate(async () => {
      const { symbols } = await (await fetch("/api/symbols?query=&limit=20")).json();
      const names = symbols.map(({ symbol }: { readonly symbol: string }) => symbol);
      window.kept = [];
      window.client.on("series", (change) => {
        window.kept.push(change); // as a chart does until its next frame, which a hidden page does not have
      });
      window.client.subscribe({ symbols: names, trades: names, bars: names, interval: "1s" });
      window.client.connect();
    });
    await each.waitForFunction(() => window.kept.length > 100);
  }
  await turn(page, "hidden");
  await page.evaluate(() => {
    window.kept.length = 0;
  });
  const session = await page.context().newCDPSession(page);
  const before = await heap(session);
  const received = await shown.evaluate(() => window.kept.length);
  await shown.waitForFunction((least) => window.kept.length > least, received + seconds * 150, { polling: 50 });
  expect(await page.evaluate(() => window.kept.length)).toBe(0);
  expect((await heap(session)) - before).toBeLessThan(3_000_000); // bytes: bars of a second go on being kept

  await turn(page, "visible");
  await page.waitForFunction(() => window.kept.length > 100);
  const [mine, other] = await Promise.all(
    [page, shown].map((each) => each.evaluate(() => window.client.quotes().length)),
  );
  expect(mine).toBe(other);
  await close();
  await server.close();
});

test.each(["sse", "poll"] as const)("more symbols than an address can have are followed by %s", async (transport) => {
  const server = await startServer({ TICKERTAPE_FEED_SIM_RATE: "2000", TICKERTAPE_FEED_SIM_SYMBOLS: "3000" });
  // What a proxy does with long addresses.
  const proxied = (input: string | URL | Request, init?: RequestInit) =>
    String(input).length > 8192 ? Promise.resolve(new Response("", { status: 414 })) : fetch(input, init);
  class Limited extends EventSource {
    constructor(url: string) {
      super(url.length > 8192 ? `${server.url}/nothing` : url);
    }
  }
  const { symbols } = await (await fetch(`${server.url}/api/symbols?symbols=*`)).json();
  const names: string[] = symbols.map(({ symbol }: { readonly symbol: string }) => symbol).slice(0, 2500);
  expect(names.join(",").length).toBeGreaterThan(8192);
  const client = createClient({ url: `${server.url}/`, transport, fetch: proxied, EventSource: Limited as never });
  client.subscribe(names);
  client.connect();
  await expect.poll(() => client.state.synced).toBe(true);
  expect(client.quotes().every(({ symbol }) => names.includes(symbol))).toBe(true);
  await expect.poll(() => client.quotes().filter(({ live }) => live).length).toBeGreaterThan(2000);
  client.close();
  await server.close();
});

test("a browser that says it is offline finds a server on this machine all the same", async () => {
  const server = await startServer({ TICKERTAPE_FEED_SIM_RATE: "200" });
  const { page, close } = await empty(refused);
  await page.addInitScript(() => Object.defineProperty(navigator, "onLine", { configurable: true, value: false }));
  await begin(page, server, { share: false });
  await page.evaluate(() => {
    window.client.subscribe(["AAPL"]);
    window.client.connect();
  });
  await page.waitForFunction(() => window.client.quote("AAPL")?.live);
  await server.kill();
  await page.waitForFunction(() => window.client.state.phase === "offline");
  await server.start();
  await page.waitForFunction(() => window.client.quote("AAPL")?.live);
  await page.evaluate(() => window.client.close());
  await close();
  await server.close();
});

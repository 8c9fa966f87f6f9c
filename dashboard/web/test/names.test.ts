import { EventSource } from "eventsource";
import { type Client, createClient, type TransportName } from "tickertape-client";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { live, openPage } from "./support/browser.ts";
import { startProxy } from "./support/proxy.ts";
import { startServer } from "./support/server.ts";
import { setBrowser } from "./support/stage.ts";

const stage = setBrowser();

const transports: readonly TransportName[] = ["websocket", "sse", "poll"];
const most = 2000; // ms from the first quote of the feed to that of each client

test("who asks a server for symbols before it knows any gets them with their first prices", async () => {
  const market = await startServer();
  const source = await startProxy(market.port);
  source.stall(true);
  const server = await startServer(
    { TICKERTAPE_FEED_SOURCE: "relay", TICKERTAPE_FEED_RELAY_URL: source.url },
    "/api/version",
  );
  const { page, close } = await openPage(stage.browser, server.url);
  await page.waitForSelector('.body .row[data-state="unknown"]');

  let known = 0;
  let unknown = 0;
  const priced = new Map<Client, number>();
  const clients = Array.from({ length: 30 }, (_, i) => {
    const transport = transports[i % 3];
    const client = createClient({
      url: `${server.url}/`,
      ...(transport && { transport }),
      WebSocket: WebSocket as never,
      EventSource: EventSource as never,
    });
    client.on("unknown", (symbols) => {
      unknown += symbols.length;
    });
    client.on("known", (symbols) => {
      known += symbols.length;
    });
    client.on("quotes", () => {
      const last = client.quote("AAPL")?.last;
      if (last !== undefined && !priced.has(client)) priced.set(client, Date.now());
    });
    client.subscribe(i % 2 ? ["AAPL", "NEVER"] : ["#tech", "NEVER"]);
    client.connect();
    return client;
  });
  await expect.poll(() => clients.filter((client) => client.state.synced && client.unknown("NEVER")).length).toBe(30);
  expect(clients.filter((client) => client.quote("AAPL"))).toEqual([]);
  expect(unknown).toBeGreaterThanOrEqual(60);

  source.stall(false);
  let first = Number.POSITIVE_INFINITY; // when the feed has its first quote
  await expect
    .poll(
      async () => {
        if (first === Number.POSITIVE_INFINITY && (await fetch(`${server.url}/readyz`)).ok) first = Date.now();
        return priced.size;
      },
      { interval: 10 },
    )
    .toBe(clients.length);
  expect(Math.max(...priced.values()) - Math.min(first, ...priced.values())).toBeLessThan(most);
  expect(clients.filter((client) => client.unknown("AAPL"))).toEqual([]);
  expect(clients.filter((client) => !client.unknown("NEVER"))).toEqual([]);
  expect(known).toBeGreaterThanOrEqual(30);

  await live(page);
  await expect.poll(() => page.locator('.body .row[data-state="unknown"]').count()).toBe(0);
  await page.waitForSelector('.body .row[data-state="live"] >> text=Apple');
  for (const client of clients) client.close();
  await close();
  await server.close();
  await source.close();
  await market.close();
});

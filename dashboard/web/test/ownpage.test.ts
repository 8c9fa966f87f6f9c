import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page, WebSocket } from "playwright-core";
import { expect, test } from "vitest";
import { launch, openPage } from "./support/browser.ts";
import { startServer } from "./support/server.ts";

/** What the README tells a developer to put into a page. */
const page = (url: string) => `<!doctype html><title>Mine</title><ul></ul>
<script type="module">
import { createClient } from "${url}/client/client.js";
const client = createClient({ url: "${url}/" });
client.on("quotes", (quotes) => quotes.forEach((q) => (document.body.dataset[q.symbol] = \`\${q.last} \${q.live}\`)));
client.subscribe(["AAPL", "MSFT"]);
client.connect();
</script>`;

test("a page of another origin has live prices in five lines, and shares its connection with its other tabs", async () => {
  let body = "";
  const other = createServer((_, answer) => {
    answer.writeHead(200, { "content-type": "text/html" }).end(body);
  }).listen(0, "127.0.0.1");
  await once(other, "listening");
  const origin = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const server = await startServer({ TICKERTAPE_BROADCAST_ORIGINS: origin });
  body = page(server.url);
  const browser = await launch();

  const { page: mine, close } = await openPage(browser, "about:blank", { allow: /favicon|404/ });
  const sockets = new Set<WebSocket>();
  const follow = (page: Page) =>
    page.on("websocket", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
  follow(mine);
  await mine.goto(origin);
  const live = async () => {
    for (const symbol of ["AAPL", "MSFT"]) {
      await mine.waitForFunction((s) => /^\d+\.\d+ true$/.test(document.body.dataset[s] ?? ""), symbol);
    }
  };
  await live();
  const second = await mine.context().newPage();
  follow(second);
  await second.goto(origin);
  await second.waitForFunction(() => /true$/.test(document.body.dataset["AAPL"] ?? ""));
  await expect.poll(() => sockets.size).toBe(1);
  await expect.poll(() => server.subscribers()).toBe(1);
  await close();

  // Elsewhere the library may be read, but the server does not answer pages of other origins.
  const refused = await fetch(`${server.url}/api/quotes?symbols=AAPL`, {
    headers: { origin: "http://elsewhere.example" },
  });
  expect(refused.status).toBe(403);
  await browser.close();
  await server.close();
  other.close();
});

import { render } from "preact";
import { createApi } from "../api.ts";
import { createMeter, createServerClock } from "../clock.ts";
import { createConnection } from "../connection.ts";
import { createDesk } from "../desk.ts";
import { createFormat } from "../format.ts";
import { createMemory } from "../memory.ts";
import { createPollTransport } from "../poll.ts";
import { createSseTransport } from "../sse.ts";
import type { TransportName } from "../transport.ts";
import { createSavedStore } from "../watch.ts";
import { createWebSocketTransport } from "../websocket.ts";
import { App } from "./app.tsx";
import { followPage } from "./lifecycle.ts";

const at = (path: string) => new URL(path, document.baseURI);

const socketUrl = at("ws");
socketUrl.protocol = socketUrl.protocol === "https:" ? "wss:" : "ws:";

const parameters = new URLSearchParams(location.search);
const names: Readonly<Record<string, TransportName>> = {
  websocket: "websocket",
  ws: "websocket",
  sse: "sse",
  poll: "poll",
};
const only = names[parameters.get("transport") ?? ""];

const request = (url: string, init: { readonly signal: AbortSignal }) => fetch(url, init);
const api = createApi({ fetch: (url, init) => request(at(url).href, init) });

const connection = createConnection({
  transports: {
    websocket: createWebSocketTransport({
      url: socketUrl.href,
      connect: (url, protocol) => new WebSocket(url, protocol),
    }),
    sse: createSseTransport({ url: at("events").href, connect: (url) => new EventSource(url) }),
    poll: createPollTransport({ url: at("api/quotes").href, fetch: request }),
  },
  reachable: api.reachable,
  memory: createMemory(() => sessionStorage),
  online: () => navigator.onLine,
  ...(only && { only }),
});

let mark = (_: string) => {};
const desk = createDesk({
  connection,
  api,
  clock: createServerClock(),
  meter: createMeter(),
  saved: createSavedStore(() => localStorage),
  changed: (symbol) => mark(symbol),
});

const app = document.getElementById("app");
if (app) {
  const onGrid = (next: (symbol: string) => void) => {
    mark = next;
  };
  render(<App desk={desk} api={api} format={createFormat()} onGrid={onGrid} />, app);
}
followPage(connection);
void desk.start();

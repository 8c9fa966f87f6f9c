/**
 * client puts the parts together: the registry of what a program asks for, the link to the server, and the publisher of
 * what comes. It loads the chunks: tabs/ in a page, fallback/ where WebSocket does not work.
 */

import { createConnection } from "./connection/connection.ts";
import { type Link, listen } from "./connection/link.ts";
import { createEmitter, type Emitter } from "./emitter.ts";
import type { Ladder } from "./fallback/ladder.ts";
import { createRegistry, type RegistryCalls } from "./interest/registry.ts";
import type { ClientOptions } from "./options.ts";
import type { ClientMessage } from "./protocol/messages.ts";
import { type ClientEvents, createPublisher, type PublisherCalls } from "./publisher.ts";
import type { SourceState } from "./quotes/sources.ts";
import type { ClientState } from "./state.ts";
import { memoryKey } from "./transport/transport.ts";
import { createWebSocketTransport, type SocketClass } from "./transport/websocket.ts";

/** A client of one server. */
export interface Client extends RegistryCalls, PublisherCalls {
  readonly state: ClientState;
  readonly sources: readonly SourceState[];
  /** Where another connection would resume, EPOCH-SEQ; null when it would start over. */
  readonly position: string | null;
  /** Calls the listener at each event of this name; returns what takes it away again. */
  readonly on: Emitter<ClientEvents>["on"];
  connect(): void;
  /** Closes the connection; what is known stays, unconfirmed. `connect` resumes. */
  disconnect(): void;
  /** Ends everything for good. What is known can still be asked for, and all other calls do nothing. */
  close(): void;
  /** Sends a message of the wire now. False when it cannot be sent: nothing is queued, it would be old by then. */
  send(message: ClientMessage): boolean;
  /** Tries again at once, also after a refusal. */
  retryNow(): void;
}

/** Makes a client. Nothing is asked of the server before `connect`. */
export function createClient(options: ClientOptions = {}): Client {
  const page = typeof document === "object";
  const { now = Date.now, random = Math.random } = options;
  // The folder: a page's own address has a query, which tabs need not have in common.
  const base = new URL(".", options.url ?? (page ? document.baseURI : "http://localhost:8080/"));
  const at = (path: string) => new URL(path, base).href;
  const WebSocket = options.WebSocket ?? (globalThis.WebSocket as SocketClass | undefined);
  const best = options.transport ?? (WebSocket ? "websocket" : "sse");
  const storage = () => options.storage ?? sessionStorage; // a browser may forbid even to read the name
  const websocket = createWebSocketTransport(at("ws").replace(/^http/, "ws"), WebSocket);
  let ladder: Ladder | null = null;

  const life = new AbortController(); // until close
  const { signal } = life;
  const closed = () => signal.aborted;

  const connection = createConnection({
    transport: websocket,
    blocked: (...what) =>
      loadFallback().then(
        (ladder) => (closed() ? null : ladder.next(...what)),
        () => null,
      ),
    online: () => !page || navigator.onLine,
    now,
    random,
  });
  const loadFallback = async () => {
    const { createFallback } = await import("./fallback/fallback.ts");
    ladder ??= createFallback(connection, websocket, best, at, storage, now, signal, options);
    return ladder;
  };

  const events = createEmitter<ClientEvents>();
  let link: Link = connection;
  let asking = false; // what is wanted is told at the end of this task
  let wanted = false; // from connect to disconnect
  let again: ReturnType<typeof setTimeout> | undefined; // the beginning has failed, and is tried again
  let ready = false; // the link and its first transport are known

  /** Tells the link what is wanted now. */
  const ask = () => {
    asking = false;
    if (closed()) return;
    // Bars and trades that come must find a store.
    link.want({ ...registry.want(), ...(!publisher.series() && { series: [] }) });
    publisher.handlers.used();
  };
  /** Asks once for all changes of one task: what is given up and wanted again in it is not forgotten. */
  const change = () => {
    if (!asking && !closed()) queueMicrotask(ask);
    asking = true;
  };
  const registry = createRegistry(options, change, () => {
    ask();
    publisher.handlers.state();
  });
  const publisher = createPublisher(events, connection, () => link, registry, change, now);

  const start = () => {
    if (!ready || !wanted || closed()) return;
    ask();
    link.connect();
  };
  const connect = () => {
    wanted = !closed();
    start();
  };
  const disconnect = () => {
    wanted = false;
    link.disconnect();
  };

  /** Begins with another transport where there is no WebSocket, and where it was blocked not long ago. */
  const begin = async () => {
    if (closed()) return;
    try {
      const { createSubscriptions } = await subscriptions();
      connection.addSubscriptions(createSubscriptions);
      try {
        if (best !== "websocket" || storage().getItem(memoryKey)) connection.use((await loadFallback()).first());
      } catch (error) {
        // The storage is forbidden, or the chunk did not load. Without WebSocket there is nothing else to begin with.
        if (best !== "websocket") throw error;
      }
    } catch {
      if (!closed()) again = setTimeout(begin, random() * 5000);
      return;
    }
    if (closed()) return;
    if (link === connection) listen(connection, publisher.handlers);
    ready = true;
    start();
  };
  const subscriptions = () => import("./subscriptions/subscriptions.ts");
  /** Loads what it takes to begin. Where tabs/ cannot be loaded, the page has a connection of its own. */
  const prepare = async () => {
    if (page) {
      subscriptions().catch(() => {}); // at the same time
      try {
        const { createPage } = await import("./tabs/page.ts");
        if (closed()) return;
        link = createPage({
          ...registry.calls,
          ...publisher,
          options,
          base,
          connection,
          connected: () => wanted,
          connect,
          disconnect,
          signal,
          now,
          random,
        });
      } catch {}
    }
    void begin();
  };
  void prepare();

  return {
    connect,
    disconnect,
    close() {
      disconnect();
      life.abort();
      clearTimeout(again);
      events.close();
    },
    on: events.on,
    ...registry.calls,
    ...publisher.calls,
    send: (message) => link.send(message),
    get state() {
      return publisher.state();
    },
    get sources() {
      return publisher.sources();
    },
    get position() {
      return link.position();
    },
    retryNow: () => link.retryNow(),
  };
}

/**
 * fallback/ is what it takes to do without WebSocket: server-sent events, long polling, and the ladder that goes down
 * from one transport to the next and up again. It is a chunk of its own, which the client loads when it is needed.
 */

import type { Connection } from "../connection/connection.ts";
import type { ClientOptions } from "../options.ts";
import type { Transport, TransportName } from "../transport/transport.ts";
import { createEventStream } from "./eventstream.ts";
import { createLadder } from "./ladder.ts";
import { createMemory, type MemoryStorage } from "./memory.ts";
import { createPollTransport } from "./poll.ts";
import { createSseTransport } from "./sse.ts";

/**
 * Makes the ladder of transports of a connection, which begins at `best`. `at` is the address of an endpoint, by its
 * path. For the client, and once for each connection; `closed` is its end.
 */
export function createFallback(
  connection: Connection,
  websocket: Transport,
  best: TransportName,
  at: (path: string) => string,
  storage: () => MemoryStorage,
  now: () => number,
  closed: AbortSignal,
  { EventSource = globalThis.EventSource, fetch = globalThis.fetch.bind(globalThis), transport }: ClientOptions,
) {
  // Where there is no EventSource, as in Node, event streams are read from a fetch.
  const connect = (url: string) => (EventSource ? new EventSource(url) : createEventStream(fetch, url));
  const all = [
    websocket,
    createSseTransport(at("events"), connect),
    createPollTransport({ url: at("api/quotes"), fetch, now }),
  ];
  const [first = websocket, ...others] = all.slice(all.findIndex(({ name }) => name === best));
  const reachable = () =>
    fetch(at("healthz"), { cache: "no-store", signal: AbortSignal.any([closed, AbortSignal.timeout(5000)]) }).then(
      ({ ok }) => ok,
      () => false,
    );
  // A single transport that was asked for is nothing that was found out, so it is not remembered.
  return transport
    ? createLadder(connection, [first], reachable, now)
    : createLadder(connection, [first, ...others], reachable, now, createMemory(storage));
}

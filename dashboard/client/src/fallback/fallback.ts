import type { Connection } from "../connection/connection.ts";
import type { ClientOptions } from "../options.ts";
import type { Transport, TransportName } from "../transport/transport.ts";
import { createEventStream } from "./eventstream.ts";
import { createLadder } from "./ladder.ts";
import { createMemory, type MemoryStorage } from "./memory.ts";
import { createPollTransport } from "./poll.ts";
import { createSseTransport } from "./sse.ts";

export interface FallbackOptions {
  readonly connection: Connection;
  readonly websocket: Transport;
  /** Where it begins. */
  readonly best: TransportName;
  /** The address of an endpoint. */
  readonly at: (path: string) => string;
  readonly storage: () => MemoryStorage;
  readonly now: () => number;
  readonly options: ClientOptions;
}

/** All that it takes to do without WebSocket. It is fetched when it is needed, which is seldom. */
export function createFallback({ connection, websocket, best, at, storage, now, options }: FallbackOptions) {
  const { EventSource = globalThis.EventSource, fetch = globalThis.fetch.bind(globalThis), transport } = options;
  // Where there is none, event streams are read from a fetch.
  const connect = (url: string) => (EventSource ? new EventSource(url) : createEventStream(fetch, url));
  const all = [
    websocket,
    createSseTransport(at("events"), connect),
    createPollTransport({ url: at("api/quotes"), fetch, now }),
  ];
  const [first = websocket, ...others] = all.slice(all.findIndex(({ name }) => name === best));
  return createLadder(connection, {
    // A choice of one transport is its reader's, and nothing that was found out.
    transports: [first, ...(transport ? [] : others)],
    ...(!transport && { memory: createMemory(storage) }),
    reachable: () =>
      fetch(at("healthz"), { cache: "no-store", signal: AbortSignal.timeout(5000) }).then(
        ({ ok }) => ok,
        () => false,
      ),
    now,
  });
}

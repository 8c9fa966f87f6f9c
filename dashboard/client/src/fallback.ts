import type { Connection } from "./connection.ts";
import { createEventStream } from "./eventstream.ts";
import { createLadder } from "./ladder.ts";
import { createMemory } from "./memory.ts";
import { createPollTransport } from "./poll.ts";
import { createSseTransport, type Source } from "./sse.ts";
import type { Transport, TransportName } from "./transport.ts";

export interface FallbackOptions {
  readonly websocket: Transport;
  /** Those that may be used. */
  readonly may: (name: TransportName) => boolean;
  /** The address of an endpoint. */
  readonly at: (path: string) => string;
  readonly fetch: typeof fetch;
  /** Where there is none, event streams are read from a fetch. */
  readonly EventSource?: (new (url: string) => Source) | undefined;
  readonly storage: () => Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly now: () => number;
}

/** All that it takes to do without WebSocket. It is fetched when it is needed, which is seldom. */
export function createFallback(connection: Connection, options: FallbackOptions) {
  const { websocket, may, at, fetch, EventSource, storage, now } = options;
  const connect = (url: string) => (EventSource ? new EventSource(url) : createEventStream(fetch, url));
  const all = [
    websocket,
    createSseTransport({ url: at("events"), connect }),
    createPollTransport({ url: at("api/quotes"), fetch, now }),
  ];
  const [best = websocket, ...others] = all.filter(({ name }) => may(name));
  return createLadder(connection, {
    transports: [best, ...others],
    reachable: () =>
      fetch(at("healthz"), { cache: "no-store", signal: AbortSignal.timeout(5000) }).then(
        ({ ok }) => ok,
        () => false,
      ),
    now,
    // A choice of one transport is its reader's, and nothing that was found out.
    ...(others.length > 0 && { memory: createMemory(storage) }),
  });
}

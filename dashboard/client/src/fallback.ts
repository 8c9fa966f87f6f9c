import type { Connection } from "./connection.ts";
import { createEventStream } from "./eventstream.ts";
import { createLadder } from "./ladder.ts";
import { createMemory } from "./memory.ts";
import { createPollTransport } from "./poll.ts";
import { createSseTransport, type Source } from "./sse.ts";
import type { Transport, TransportName } from "./transport.ts";

export interface FallbackOptions {
  readonly websocket: Transport;
  /** Those that may be used, the best first. */
  readonly names: readonly TransportName[];
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
  const { websocket, names, at, fetch, EventSource, storage, now } = options;
  const connect = (url: string) => (EventSource ? new EventSource(url) : createEventStream(fetch, url));
  const all: Readonly<Record<TransportName, Transport>> = {
    websocket,
    sse: createSseTransport({ url: at("events"), connect }),
    poll: createPollTransport({ url: at("api/quotes"), fetch, now }),
  };
  const [best = "websocket", ...others] = names;
  const transports = [all[best], ...others.map((name) => all[name])] as const;
  // A choice of one transport is its reader's, and nothing that was found out.
  return createLadder(connection, { transports, now, ...(others.length > 0 && { memory: createMemory(storage) }) });
}

/** options: what a program passes to `createClient`. */

import type { TransportName } from "./transport/transport.ts";
import type { SocketClass } from "./transport/websocket.ts";

/** The part of the browser's EventSource that is used here. */
export interface EventSourceLike {
  addEventListener(type: string, listener: (event: Event | MessageEvent) => void): void;
  close(): void;
}

/** The options of a client; all may be left out. */
export interface ClientOptions {
  /** Where the server is; in a page its base address unless given, elsewhere http://localhost:8080/. */
  readonly url?: string | URL;
  /** Use this transport and no other. */
  readonly transport?: TransportName;
  /** Updates a second at most; as often as the server flushes unless given. */
  readonly rate?: number;
  /** The keys of the wire that are wanted; all unless given. */
  readonly fields?: readonly string[];
  /** Whether the tabs of a browser share one connection; true unless given, where the browser can. */
  readonly share?: boolean;
  readonly WebSocket?: SocketClass;
  readonly EventSource?: new (url: string) => EventSourceLike;
  readonly fetch?: typeof fetch;
  /** Where the choice of a fallback is kept; the tab's sessionStorage unless given. */
  readonly storage?: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  /** The time in ms since the Unix epoch; Date.now unless given. */
  readonly now?: () => number;
  /** From 0 up to and without 1; Math.random unless given. */
  readonly random?: () => number;
}

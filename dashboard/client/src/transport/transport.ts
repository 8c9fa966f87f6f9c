/**
 * transport/ is what a connection opens streams with: the interface of a transport, how a stream ends, the query that
 * opens one, and the WebSocket. The transports for where WebSocket is blocked are in fallback/.
 */

import type { Series } from "../interest/want.ts";
import type { ClientMessage, ServerMessage } from "../protocol/messages.ts";
import type { Closing } from "./closing.ts";

/** websocket: a WebSocket. sse: server-sent events. poll: long polling. */
export type TransportName = "websocket" | "sse" | "poll";

/** The key in the storage under which fallback/ keeps its choice. The client looks for it before it loads fallback/. */
export const memoryKey = "tickertape.transport";

/** What a stream is asked for when it opens. */
export interface StreamRequest {
  readonly symbols: readonly string[];
  readonly series?: readonly Series[];
  /** Updates a second at most; null for each flush of the server. */
  readonly rate?: number | null;
  /** The keys that are wanted; null for all. */
  readonly fields?: readonly string[] | null;
  /** A resume position, or null for full snapshots. */
  readonly since: string | null;
}

/** What a stream calls. After `closed`, or after its `close()`, the calls that still come must be ignored. */
export interface StreamHandlers {
  /**
   * A message has come: its text, or an object. Returns what was read, or null where it is to be ignored. `position` is
   * the resume position after it, from transports that send one.
   */
  readonly message: (value: unknown, position?: string) => ServerMessage | null;
  /** The stream has ended, and not by its `close()`. */
  readonly closed: (closing: Closing) => void;
}

/** One stream of messages from the server. */
export interface Stream {
  /** False when the message cannot be sent now, or ever. Nothing is queued. */
  send(message: ClientMessage): boolean;
  /** Bytes that `send` has accepted and the network has not taken yet. */
  buffered(): number;
  close(): void;
}

/** Opens streams. */
export interface Transport {
  readonly name: TransportName;
  /** Whether messages can be sent, so that subscriptions can change while a stream is open. */
  readonly duplex: boolean;
  /** How long a stream may be silent on top of the allowed heartbeats, in ms. */
  readonly quiet: number;
  /** Returns at once. Throws only where the platform lacks what the transport needs. */
  open(request: StreamRequest, handlers: StreamHandlers): Stream;
}

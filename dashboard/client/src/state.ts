/** state: what a program can ask about a connection, and what the connection, the tabs and the client say of it. */

import type { ServerMessage } from "./protocol/messages.ts";
import type { TransportName } from "./transport/transport.ts";

/**
 * idle: not asked to connect. connecting: a stream is opening. open: the server has sent a message.
 * waiting: the stream is lost, and another attempt is planned. resting: closed on purpose while paused.
 * offline: as waiting, and the browser knows of no network. stopped: the server refused for good.
 */
export type Phase = "idle" | "connecting" | "open" | "waiting" | "resting" | "offline" | "stopped";

/** alone: a connection for this client only. leader: other tabs use it too. follower: it uses another tab's. */
export type Role = "alone" | "leader" | "follower";

/** The state of a client's connection, its own or another tab's. Each change makes another object. */
export interface ClientState {
  readonly phase: Phase;
  /** The transport in use, or the next one while there is no stream. */
  readonly transport: TransportName;
  /** Open, and a snapshot of everything that is followed has come. */
  readonly synced: boolean;
  readonly paused: boolean;
  /** When the next attempt is due, in ms since the Unix epoch; null when none is planned. */
  readonly retryAt: number | null;
  /** Since when there has been no connection, in ms since the Unix epoch; null while there is one or before the first. */
  readonly lostAt: number | null;
  /** Why the last stream ended, for people; "" while there is nothing to say. */
  readonly reason: string;
  readonly role: Role;
}

/** Everything that is followed has come, after a stream has opened. */
export interface Synced {
  /** Only what had changed since the resume position was sent. */
  readonly resumed: boolean;
}

/** A change from one transport to another. */
export interface FallbackChange {
  readonly from: TransportName;
  readonly to: TransportName;
}

/** The events of a connection. */
export interface ConnectionEvents {
  readonly message: ServerMessage;
  readonly state: ClientState;
  readonly synced: Synced;
  readonly fallback: FallbackChange;
  /** All that the server refuses now: the codes by symbol, or by the key of a series. */
  readonly refused: ReadonlyMap<string, string>;
  /** The network changed: a transport that was blocked may work now. */
  readonly network: null;
}

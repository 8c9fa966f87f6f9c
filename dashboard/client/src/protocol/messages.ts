/**
 * protocol/ is the wire format, version 1 (PROTOCOL.md): the messages, how they are read and checked, and resume
 * positions. It imports nothing. Every message from the server passes `decode`, so the rest can trust these types.
 */

/** The states of a source in `status`; a later server may have others. */
export type FeedStatus = "connecting" | "live" | "stale" | "down" | "closed";

/** One symbol's state in the short keys of the wire. A key is absent while nobody knows its value. */
export interface Quote {
  readonly s: string;
  readonly p?: number;
  readonly z?: number;
  readonly b?: number;
  readonly bz?: number;
  readonly a?: number;
  readonly az?: number;
  readonly o?: number;
  readonly h?: number;
  readonly l?: number;
  readonly pc?: number;
  readonly v?: number;
  readonly n?: number;
  readonly vw?: number;
  /** Exchange time of the last change, microseconds since the Unix epoch. */
  readonly t?: number;
  readonly st?: string;
  /** The last price outside the regular session, while no regular one has come after it. */
  readonly x?: number;
  /** Its exchange time, in microseconds. */
  readonly xt?: number;
  /** Which source it is from, where there are several. */
  readonly src?: string;
}

/** What an update carries for one symbol: `null` takes a key away. */
export type QuotePatch = { readonly [K in keyof Omit<Quote, "s">]?: Quote[K] | null } & { readonly s: string };

export interface Hello {
  readonly type: "hello";
  readonly protocol: number;
  readonly epoch: string;
  readonly seq: number;
  readonly time: number;
  readonly interval_ms?: number;
  readonly heartbeat_ms?: number;
  readonly source?: string;
  readonly simulated?: boolean;
  readonly status?: string;
  /** Each source, where there are several. */
  readonly sources?: readonly SourceStatus[];
}

export interface SourceStatus {
  readonly source?: string;
  readonly status: string;
  readonly since?: number;
  readonly message?: string;
  readonly simulated?: boolean;
}

export interface Subscribed {
  readonly type: "subscribed";
  readonly id?: number;
  readonly symbols?: readonly string[];
  readonly unknown?: readonly string[];
  readonly rate?: number;
  readonly bars?: readonly string[];
  readonly interval?: string;
  readonly trades?: readonly string[];
}

export interface Snapshot {
  readonly type: "snapshot";
  readonly seq: number;
  readonly time: number;
  readonly quotes: readonly QuotePatch[];
  /** Only what changed since the position that was asked for: everything else still holds. */
  readonly resumed?: boolean;
  /** Another part of the same seq follows. */
  readonly more?: boolean;
}

export interface Update {
  readonly type: "update";
  readonly seq: number;
  readonly time: number;
  readonly quotes: readonly QuotePatch[];
  readonly more?: boolean;
}

/** One bar in the short keys of the wire; without prices it is gone. */
export interface WireBar {
  /** Its start, microseconds since the Unix epoch. */
  readonly t: number;
  readonly o?: number;
  readonly h?: number;
  readonly l?: number;
  readonly c?: number;
  readonly v?: number;
  readonly n?: number;
  readonly vw?: number;
  /** The prices are those of outside the regular session. */
  readonly x?: boolean;
}

export interface BarsMessage {
  readonly type: "bars";
  readonly seq: number;
  readonly time: number;
  readonly symbol: string;
  readonly interval: string;
  /** They take the place of all that was told before. */
  readonly reset?: boolean;
  readonly more?: boolean;
  readonly bars: readonly WireBar[];
}

export interface WireTrade {
  /** Its number in the epoch, from 1. */
  readonly i: number;
  readonly p: number;
  readonly z?: number;
  readonly t: number;
  readonly d?: number;
  readonly c?: readonly string[];
  readonly x?: boolean;
  readonly st?: string;
}

export interface TradesMessage {
  readonly type: "trades";
  readonly seq: number;
  readonly time: number;
  readonly symbol: string;
  readonly reset?: boolean;
  readonly more?: boolean;
  /** Trades before these that are not told. */
  readonly skipped: number;
  readonly trades: readonly WireTrade[];
}

export interface StatusChange extends SourceStatus {
  readonly type: "status";
}

export interface Heartbeat {
  readonly type: "heartbeat";
  readonly seq?: number;
  readonly time?: number;
}

export interface RateChange {
  readonly type: "rate";
  readonly rate: number;
  readonly asked?: number;
  readonly reason?: string;
}

export interface ErrorMessage {
  readonly type: "error";
  readonly id?: number;
  readonly code: string;
  readonly message?: string;
}

export type ServerMessage =
  | Hello
  | Subscribed
  | { readonly type: "unsubscribed"; readonly id?: number; readonly symbols?: readonly string[] }
  | Snapshot
  | Update
  | BarsMessage
  | TradesMessage
  | StatusChange
  | Heartbeat
  | RateChange
  | { readonly type: "pong"; readonly id?: number; readonly time?: number }
  | ErrorMessage;

export type MessageType = ServerMessage["type"];
export type MessageOf<T extends MessageType> = Extract<ServerMessage, { type: T }>;

export interface SubscribeMessage {
  readonly type: "subscribe";
  readonly id: number;
  readonly symbols?: readonly string[];
  readonly rate?: number;
  readonly fields?: readonly string[];
  readonly since?: string;
  readonly bars?: readonly string[];
  readonly interval?: string;
  readonly limit?: number;
  readonly trades?: readonly string[];
}

export interface UnsubscribeMessage {
  readonly type: "unsubscribe";
  readonly id: number;
  readonly symbols?: readonly string[];
  readonly bars?: readonly string[];
  readonly interval?: string;
  readonly trades?: readonly string[];
}

export type ClientMessage =
  | SubscribeMessage
  | UnsubscribeMessage
  | { readonly type: "pause"; readonly id: number }
  | { readonly type: "resume"; readonly id: number }
  | { readonly type: "ping"; readonly id: number };

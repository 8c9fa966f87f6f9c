/**
 * protocol/ is the wire format, version 1 (broadcast/PROTOCOL.md): the messages, and how they are read and checked. It
 * imports nothing. Every message from the server passes `readMessage`, so the rest can trust these types.
 */

/** The states of a source in `status`; a later server may have others. */
export type FeedStatus = "live" | "stale" | "closed" | "down";

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
  /** What happened to the shares since the previous close, which is adjusted for it, such as "split 10:1". */
  readonly adj?: string;
  /** Why `st` is what it is, where that needs saying: "in doubt". */
  readonly why?: string;
}

/** A part of a quote: `null` takes a key away. */
export type QuotePatch = { readonly [K in keyof Omit<Quote, "s">]?: Quote[K] | null } & { readonly s: string };

/** The first message of a stream: the run of the server, and its sources. */
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
  readonly replayed?: boolean;
  readonly status?: string;
  /** Each source of the feed. */
  readonly sources?: readonly SourceStatus[];
  /** How many subscribers at once may follow bars and trades as relays do. */
  readonly relays?: number;
  /** The intervals of which the server keeps bars; older servers leave it out where there are none. */
  readonly bars?: readonly string[];
}

/** The state of one source of prices. */
export interface SourceStatus {
  readonly source?: string;
  readonly status: string;
  readonly since?: number;
  readonly message?: string;
  readonly simulated?: boolean;
  readonly replayed?: boolean;
  readonly delayed_ms?: number;
  readonly quiet?: boolean;
  /** Of a relay: the sources of the server that it follows. */
  readonly sources?: readonly SourceStatus[];
}

/**
 * The answer to `subscribe`, and to the query that has opened the stream. Without an id and a rate
 * it says, later, which of the unknown names have become known.
 */
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

/** Full quotes. */
export interface Snapshot {
  readonly type: "snapshot";
  readonly seq: number;
  readonly time: number;
  readonly quotes: readonly QuotePatch[];
  /** Only what has changed since the resume position; everything else still holds. */
  readonly resumed?: boolean;
  /** Another part of the same seq follows. */
  readonly more?: boolean;
}

/** Changes of quotes, to be merged by key. */
export interface Update {
  readonly type: "update";
  readonly seq: number;
  readonly time: number;
  readonly quotes: readonly QuotePatch[];
  readonly more?: boolean;
}

/** One bar in the short keys of the wire. Without prices and with `n` 0 it is gone. */
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
  /** The prices are from outside the regular session. */
  readonly x?: boolean;
}

/** The history of bars of one symbol, or changes of it. */
export interface BarsMessage {
  readonly type: "bars";
  readonly seq: number;
  readonly time: number;
  readonly symbol: string;
  readonly interval: string;
  /** They replace all that were sent before. */
  readonly reset?: boolean;
  readonly more?: boolean;
  readonly bars: readonly WireBar[];
}

/** One trade in the short keys of the wire. */
export interface WireTrade {
  /** Its number: the trades of a symbol are counted from 1 in each run of the server. */
  readonly i: number;
  readonly p: number;
  readonly z?: number;
  readonly t: number;
  readonly d?: number;
  readonly c?: readonly string[];
  readonly x?: boolean;
  readonly st?: string;
}

/** The newest trades of one symbol, or those since the last such message. */
export interface TradesMessage {
  readonly type: "trades";
  readonly seq: number;
  readonly time: number;
  readonly symbol: string;
  readonly reset?: boolean;
  readonly more?: boolean;
  /** Trades before these that are left out. */
  readonly skipped: number;
  readonly trades: readonly WireTrade[];
}

/** The state of a source has changed. */
export interface StatusChange extends SourceStatus {
  readonly type: "status";
}

/** Nothing else has been sent for a while. */
export interface Heartbeat {
  readonly type: "heartbeat";
  readonly seq?: number;
  readonly time?: number;
}

/** The server has changed the rate, since this connection reads too slowly, or no longer does. */
export interface RateChange {
  readonly type: "rate";
  readonly rate: number;
  readonly asked?: number;
  readonly reason?: string;
}

/** A request was refused, or the stream ends. */
export interface ErrorMessage {
  readonly type: "error";
  readonly id?: number;
  readonly code: string;
  readonly message?: string;
}

/** A message from the server. */
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

/** The type of a message from the server. */
export type MessageType = ServerMessage["type"];
/** The message of a type. */
export type MessageOf<T extends MessageType> = Extract<ServerMessage, { type: T }>;

/** Follows more. `rate` and `fields` hold for the whole connection. */
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

/** Follows less. */
export interface UnsubscribeMessage {
  readonly type: "unsubscribe";
  readonly id: number;
  readonly symbols?: readonly string[];
  readonly bars?: readonly string[];
  readonly interval?: string;
  readonly trades?: readonly string[];
}

/** A message to the server. `id` comes back in the answer. */
export type ClientMessage =
  | SubscribeMessage
  | UnsubscribeMessage
  | { readonly type: "pause"; readonly id: number }
  | { readonly type: "resume"; readonly id: number }
  | { readonly type: "ping"; readonly id: number };

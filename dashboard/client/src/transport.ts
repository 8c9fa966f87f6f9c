import type { ClientMessage, ServerMessage } from "./protocol.ts";

export type TransportName = "websocket" | "sse" | "poll";

/** Of the storage in which a fallback is remembered. */
export const memoryKey = "tickertape.transport";

/** What a stream is asked for when it opens. */
export interface StreamRequest {
  readonly symbols: readonly string[];
  readonly series?: readonly Series[];
  readonly rate?: number | null;
  readonly fields?: readonly string[] | null;
  /** A resume position, or null to be told everything. */
  readonly since: string | null;
}

/** Bars or trades of one symbol that are followed. */
export interface Series {
  readonly symbol: string;
  /** Of its bars, such as "1m"; null for its trades. */
  readonly interval: string | null;
  /** Bars of its history; null for all that the server keeps. */
  readonly limit: number | null;
}

/** How a stream ended, and what to make of it. */
export interface Closing {
  /** Of a WebSocket. */
  readonly code?: number;
  readonly reason: string;
  /** False when coming back would only be refused again; true unless given. */
  readonly comeBack?: boolean;
  /** The server asked to be left alone: come back after a random part of this many ms. */
  readonly within?: number | undefined;
  /** The server asked to be left alone for at least this many ms. */
  readonly after?: number;
}

export interface StreamHandlers {
  /** `position` is how far all that is followed has been told, where the transport knows. */
  readonly message: (message: ServerMessage, position?: string) => void;
  /** What is told after that, or after `close()`, is of no interest to who opened the stream. */
  readonly closed: (closing: Closing) => void;
}

export interface Stream {
  /** False when the stream cannot carry it now, or ever. */
  send(message: ClientMessage): boolean;
  /** Bytes accepted by `send` that have not left yet. */
  buffered(): number;
  close(): void;
}

export interface Transport {
  readonly name: TransportName;
  /** Whether subscriptions can change while it is open. */
  readonly duplex: boolean;
  /** How long it may be silent on top of the server's heartbeat, in ms. */
  readonly quiet: number;
  open(request: StreamRequest, handlers: StreamHandlers): Stream;
}

export const listed = (names: readonly string[]): string => names.map(encodeURIComponent).join(",");

/** The query that opens a stream; `more` are further parts of it. */
export function streamQuery({ symbols, rate, fields, since }: StreamRequest, more: readonly string[] = []): string {
  const query = { symbols: listed(symbols), rate, fields: listed(fields ?? []), since };
  const parts = [...more];
  for (const [key, value] of Object.entries(query)) if (value) parts.push(`${key}=${value}`);
  return parts.length ? `?${parts.join("&")}` : "";
}

/** Reads a WebSocket close: 1008 and the application's own codes mean stop; 1012 and 1013 name a delay. */
export function readClosing(code: number, reason: string): Closing {
  const [, within] = /\bretry_ms=(\d{1,9})\b/.exec(reason) ?? [];
  return { code, reason, comeBack: code !== 1008 && code < 4000, within: within ? Number(within) : undefined };
}

import type { ClientMessage, ServerMessage } from "./protocol.ts";

export type TransportName = "websocket" | "sse" | "poll";

/** What a stream is asked for when it opens. */
export interface StreamRequest {
  readonly symbols: readonly string[];
  /** A resume position, or null to be told everything. */
  readonly since: string | null;
}

/** How a stream ended, and what to make of it. */
export interface Closing {
  /** The WebSocket close code, or 1006 where the transport has none. */
  readonly code: number;
  readonly reason: string;
  /** False when coming back would only be refused again. */
  readonly comeBack: boolean;
  /** The server asked to be left alone: come back after a random part of this many ms. */
  readonly within?: number;
  /** The server asked to be left alone for at least this many ms. */
  readonly after?: number;
}

export interface StreamHandlers {
  readonly message: (message: ServerMessage) => void;
  /** Called once, and never after `close()`. */
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
  /** Whether subscriptions can change while it is open. */
  readonly duplex: boolean;
  /** The longest query that is safe to open it with, in bytes. */
  readonly queryLimit: number;
  /** How long it may be silent on top of the server's heartbeat, in ms. */
  readonly quiet: number;
  open(request: StreamRequest, handlers: StreamHandlers): Stream;
}

export function streamQuery(request: StreamRequest): string {
  const parts: string[] = [];
  if (request.symbols.length > 0) parts.push(`symbols=${request.symbols.map(encodeURIComponent).join(",")}`);
  if (request.since !== null) parts.push(`since=${encodeURIComponent(request.since)}`);
  return parts.length > 0 ? `?${parts.join("&")}` : "";
}

/**
 * A stream of nothing, for transports that cannot be opened without symbols: while nothing is
 * followed there is no price to be wrong about.
 */
export function beatAlone(handlers: StreamHandlers): Stream {
  const beat = () => handlers.message({ type: "heartbeat" });
  const first = setTimeout(beat, 0);
  const timer = setInterval(beat, 5000);
  return {
    send: () => false,
    buffered: () => 0,
    close() {
      clearTimeout(first);
      clearInterval(timer);
    },
  };
}

/** Reads a WebSocket close: 1008 and the application's own codes mean stop; 1012 and 1013 name a delay. */
export function readClosing(code: number, reason: string): Closing {
  const comeBack = code !== 1008 && !(code >= 4000 && code < 5000);
  const retry = /\bretry_ms=(\d{1,9})\b/.exec(reason);
  return retry ? { code, reason, comeBack, within: Number(retry[1]) } : { code, reason, comeBack };
}

/** How a stream ended, and when to come back. */
export interface Closing {
  /** The close code of a WebSocket. */
  readonly code?: number;
  /** For people; may be "". */
  readonly reason: string;
  /** False when another attempt would only be refused again; true unless given. */
  readonly comeBack?: boolean;
  /** The server asked for a delay: a random part of this many ms. */
  readonly within?: number | undefined;
  /** The server asked for a delay of at least this many ms. */
  readonly after?: number;
}

/**
 * Reads a WebSocket close, or a reason alone with code 0. Codes 1008 and 4000 to 4999 mean not to come back; the reason
 * may name a delay as `retry_ms=5000`.
 */
export function readClosing(code: number, reason: string): Closing {
  const [, within] = /\bretry_ms=(\d{1,9})\b/.exec(reason) ?? [];
  return { code, reason, comeBack: code !== 1008 && code < 4000, within: within ? Number(within) : undefined };
}

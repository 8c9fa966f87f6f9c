/** How a stream ended, and when to come back. */
export interface Closing {
  /** For people; may be "". */
  readonly reason: string;
  /** False when another attempt would only be refused again; true unless given. */
  readonly comeBack?: boolean;
  /** The server asked for a delay: a random part of this many ms. */
  readonly within?: number | undefined;
  /** The server asked for a delay of at least this many ms. */
  readonly after?: number;
  /** It asked for more bars and trades than the server allows: the next one asks for fewer. */
  readonly tooMuch?: boolean;
}

/**
 * Reads a WebSocket close, or a reason alone with code 0. Code 1008 means not to come back; with 1012 and 1013 the reason
 * names a delay as `retry_ms=5000`.
 */
export function readClosing(code: number, reason: string): Closing {
  const [, within] = /\bretry_ms=(\d{1,9})\b/.exec(reason) ?? [];
  return { reason, comeBack: code !== 1008, within: within ? Number(within) : undefined };
}

import type { MessageType, ServerMessage } from "./messages.ts";

/** The WebSocket subprotocol of this version. */
export const subprotocol = "tickertape.v1.json";

/**
 * Whether a value is like the example `shape`: an object has all of its keys, each element of a list is like the first,
 * and anything else has the same type.
 */
export const fits = <T>(value: unknown, shape: T): value is T => {
  if (typeof value !== typeof shape || value === null) return false;
  if (Array.isArray(shape)) return Array.isArray(value) && value.every((one) => fits(one, shape[0]));
  return (
    typeof shape !== "object" ||
    Object.entries(shape as object).every(([key, one]) => fits((value as Record<string, unknown>)[key], one))
  );
};

const flush = { seq: 0, time: 0, quotes: [{ s: "" }] };
const chunk = { symbol: "", seq: 0 };

// What the messages of each type must have. One without is dropped, as one of an unknown type is.
const shapes: { readonly [T in MessageType]: object } & { readonly __proto__: null } = {
  __proto__: null, // there are no other types, such as "toString"
  hello: { epoch: "", seq: 0, time: 0 },
  subscribed: {},
  unsubscribed: {},
  snapshot: flush,
  bars: { ...chunk, interval: "", bars: [{ t: 0 }] },
  trades: { ...chunk, trades: [{ i: 0 }] },
  update: flush,
  status: { status: "" },
  heartbeat: {},
  rate: { rate: 0 },
  pong: {},
  error: { code: "" },
};

/** Whether a value is a message that this version knows. */
export const isServerMessage = (value: unknown): value is ServerMessage =>
  fits(value, { type: "" }) && fits(value, shapes[(value as ServerMessage).type]);

/** Reads one message. Null for text that is none, or none that this version knows: a client must ignore it. */
export function parseMessage(text: string): ServerMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    return isServerMessage(value) ? value : null;
  } catch {
    return null;
  }
}

import type { MessageType, ServerMessage } from "./messages.ts";

export const subprotocol = "tickertape.v1.json";

/**
 * Whether a value has this shape: an object all of its keys, a list only such elements, everything else the same type as
 * the example.
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

// What each type must have to be of use; a message without it is dropped like an unknown type.
const shapes: { readonly [T in MessageType]: object } & { readonly __proto__: null } = {
  __proto__: null, // it has no types but these
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

/** Whether it is a message that this version knows. */
export const isServerMessage = (value: unknown): value is ServerMessage =>
  fits(value, { type: "" }) && fits(value, shapes[(value as ServerMessage).type]);

/** Reads one message. Null for what this version does not know, which a client must ignore. */
export function parseMessage(text: string): ServerMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    return isServerMessage(value) ? value : null;
  } catch {
    return null;
  }
}

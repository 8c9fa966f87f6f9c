import type { MessageType, ServerMessage } from "./messages.ts";

type Shape = unknown;
const optional = Symbol(); // in a shape: the keys that may be left out

/**
 * Whether a value is like the example `shape`: an object has all of its keys, each element of a list is like the first,
 * a number is finite, and anything else has the same type. Keys that may be left out are taken away where they are wrong.
 */
const fits = <T>(value: unknown, shape: T): value is T => {
  if (typeof value !== typeof shape || value === null) return false;
  if (Array.isArray(shape)) return Array.isArray(value) && value.every((one) => fits(one, shape[0]));
  if (typeof shape !== "object") return typeof value !== "number" || Number.isFinite(value);
  const object = value as Record<string, unknown>;
  for (const key in shape) if (!fits(object[key], shape[key])) return false;
  const others = (shape as { readonly [optional]?: Record<string, Shape> })[optional];
  // A quote has null for a key that goes away.
  if (others) {
    for (const key in object) {
      const other = others[key];
      if (other !== undefined && !fits(object[key], other) && (others !== quoteKeys || object[key] !== null))
        delete object[key];
    }
  }
  return true;
};

const all = (keys: string, shape: Shape): Record<string, Shape> =>
  Object.fromEntries(keys.split(" ").map((key) => [key, shape]));
const numbers = (keys: string) => all(keys, 0);
const texts = (keys: string) => all(keys, "");
const flags = (keys: string) => all(keys, true);

const quoteKeys = {
  __proto__: null, // no others, such as "toString"
  ...numbers("p z b bz a az o h l pc v n vw t x xt"),
  ...texts("st src adj why"),
};
const sourceKeys: Record<string, Shape> = {
  ...texts("source message"),
  ...numbers("since delayed_ms"),
  ...flags("simulated replayed quiet"),
};
const source = { status: "", [optional]: sourceKeys };
sourceKeys["sources"] = [source];
const names = [""];

const flush = { seq: 0, time: 0, quotes: [{ s: "", [optional]: quoteKeys }] };
const chunk = { symbol: "", seq: 0, time: 0 };
const parts = flags("reset more resumed");

const hello = {
  protocol: 0,
  epoch: "",
  seq: 0,
  time: 0,
  [optional]: {
    ...numbers("interval_ms heartbeat_ms relays"),
    ...texts("source status"),
    ...flags("simulated replayed"),
    sources: [source],
    bars: names as Shape,
  },
};

// What the messages of each type have. One without what it must have is dropped, as one of an unknown type is.
const shapes: { readonly [T in MessageType]: object } & { readonly __proto__: null } = {
  __proto__: null, // there are no other types, such as "toString"
  hello,
  subscribed: {
    [optional]: {
      ...numbers("id rate"),
      ...texts("interval"),
      symbols: names,
      unknown: names,
      bars: names,
      trades: names,
    },
  },
  unsubscribed: { [optional]: { id: 0, symbols: names } },
  snapshot: { ...flush, [optional]: parts },
  bars: {
    ...chunk,
    interval: "",
    bars: [{ t: 0, [optional]: { ...numbers("o h l c v n vw"), x: true } }],
    [optional]: parts,
  },
  trades: {
    ...chunk,
    skipped: 0,
    trades: [{ i: 0, p: 0, t: 0, [optional]: { z: 0, d: 0, c: names, x: true, st: "" } }],
    [optional]: parts,
  },
  update: { ...flush, [optional]: parts },
  status: source,
  heartbeat: { [optional]: numbers("seq time") },
  rate: { rate: 0, [optional]: { asked: 0, reason: "" } },
  pong: { [optional]: numbers("id time") },
  error: { code: "", [optional]: { id: 0, message: "" } },
};

/**
 * Reads a message: its text, or an object that is one. Null for what is none, or none that this version knows: a client
 * must ignore it.
 */
export function readMessage(value: unknown): ServerMessage | null {
  try {
    const message: unknown = typeof value === "string" ? JSON.parse(value) : value;
    const read = fits(message, { type: "" }) && fits(message, shapes[message.type as MessageType]);
    return read ? (message as unknown as ServerMessage) : null;
  } catch {
    return null;
  }
}

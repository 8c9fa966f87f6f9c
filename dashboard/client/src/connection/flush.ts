import { isGroup, type Want, without } from "../interest/want.ts";
import type { ClientMessage } from "../protocol/messages.ts";

const everyFlush = 1000; // updates a second, more than any server flushes
const perMessage = 100; // symbols of 32 bytes at most; servers take messages of at least 4 KiB

/**
 * Sends a message with an id, which it returns; null when it could not be sent. The ids are negative, so that they
 * differ from those that a program gives to its own messages.
 */
export type Send = (message: {
  readonly type: ClientMessage["type"];
  readonly [key: string]: unknown;
}) => number | null;

/** The same, and whether anything was to be sent. */
export function counted(send: Send): readonly [send: Send, any: () => boolean] {
  let any = false;
  return [
    (message) => {
      any = true;
      return send(message);
    },
    () => any,
  ];
}

const parts = (symbols: readonly string[]): readonly (readonly string[])[] =>
  symbols.length ? [symbols.slice(0, perMessage), ...parts(symbols.slice(perMessage))] : [];

/**
 * Unsubscribes from what is not wanted any more, and takes out of `asked` what the server has thereby been told. What has
 * `left` has not been wanted for a moment, so that it was forgotten: it is asked for again.
 */
export function sendRemoved(send: Send, asked: Set<string>, wanted: ReadonlySet<string>, left: Set<string>): void {
  const removed = [...asked].filter((name) => !wanted.has(name) || left.has(name));
  if (wanted.has("*")) {
    for (const name of removed) asked.delete(name); // all symbols are followed, these among them
    return;
  }
  // A list may have others that are wanted. So everything goes with it, and those are asked for again.
  for (const symbols of removed.some(isGroup) ? [["*"]] : parts(removed)) {
    if (send({ type: "unsubscribe", symbols }) === null) continue;
    if (symbols[0] === "*") asked.clear();
    else for (const symbol of symbols) asked.delete(symbol);
  }
  for (const name of left) if (!asked.has(name)) left.delete(name);
}

/** Subscribes with `ask` to what has not been asked for yet, and puts what could be sent into `asked`. */
export function sendAdded(
  ask: (message: { readonly symbols: readonly string[] }) => boolean,
  asked: Set<string>,
  wanted: ReadonlySet<string>,
): void {
  for (const symbols of parts(without(wanted, asked))) {
    if (ask({ symbols })) for (const symbol of symbols) asked.add(symbol);
  }
}

/** The rate and fields to ask for, where they differ from those that were asked for before; else null. */
export function changedOptions(
  { rate, fields }: Want,
  before: Want,
): { readonly rate: number; readonly fields?: readonly string[] } | null {
  const others = String(fields) !== String(before.fields);
  return others || rate !== before.rate ? { rate: rate ?? everyFlush, ...(others && { fields: fields ?? [] }) } : null;
}

import { isObject } from "./json.ts";

/** The form of the records. One of a newer form is read, but not written. */
const version = 2;
/** How many windows a record tells apart: those that have changed it last. */
const mostStamps = 16;

/** A record as it is stored. Stamps are by window: the number of the last of its operations that is in the value. */
export interface Stored {
  readonly value: unknown;
  readonly stamps: Readonly<Record<string, number>>;
  /** It is of a newer form. */
  readonly newer: boolean;
}

function readStamps(value: unknown): Readonly<Record<string, number>> {
  const all = Object.entries(isObject(value) ? value : {});
  return Object.fromEntries(all.filter((one): one is [string, number] => typeof one[1] === "number"));
}

/** The beginning of the keys of a server's records. The server is the path of its page. */
export const keyPrefix = (server: string): string => `tickertape/${encodeURIComponent(server)}/`;

/** Reads the text of a record; null if it is none. */
export function parseRecord(text: string): Stored | null {
  try {
    const stored: unknown = JSON.parse(text);
    if (!isObject(stored) || typeof stored["version"] !== "number" || !("value" in stored)) return null;
    return { value: stored["value"], stamps: readStamps(stored["stamps"]), newer: stored["version"] > version };
  } catch {
    return null;
  }
}

/** The record with another value, which has the operations of this window up to that number. */
export function stamped({ stamps }: Stored, value: unknown, window: string, number: number): Stored {
  const others = Object.entries(stamps).filter(([one]) => one !== window);
  return { value, stamps: Object.fromEntries([...others.slice(1 - mostStamps), [window, number]]), newer: false };
}

/** The text of a record; null for one without a value, which is removed. */
export const formatRecord = ({ value, stamps }: Stored): string | null =>
  value === undefined ? null : JSON.stringify({ version, stamps, value });

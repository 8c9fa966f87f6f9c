import { type ReadonlySignal, signal } from "@preact/signals-core";

/** A value that is kept between visits. */
export interface Store<T> {
  readonly value: ReadonlySignal<T>;
  /** Changes the value and keeps it. Where the browser forbids storage, the value is lost when the page is left. */
  update(change: (now: T) => T): void;
}

/** What is needed of the browser's storage. */
export type TextStorage = Pick<Storage, "getItem" | "setItem">;

/** Where a value is kept, and how it is read. */
export interface StoreOptions<T extends object> {
  /** May throw, as browsers do that forbid storage. */
  readonly storage: () => TextStorage;
  readonly key: string;
  /** Makes the value from what is stored, which may be anything. `item` returns what is stored under a key, or null. */
  readonly read: (item: (key: string) => unknown) => T;
}

const version = 1;

/** Keeps a value as JSON in the browser's storage. */
export function createStore<T extends object>({ storage, key, read }: StoreOptions<T>): Store<T> {
  const item = (name: string): unknown => {
    try {
      return JSON.parse(storage().getItem(name) ?? "null");
    } catch {
      return null;
    }
  };
  const value = signal(read(item));
  return {
    value,
    update(change) {
      value.value = change(value.peek());
      try {
        storage().setItem(key, JSON.stringify({ version, ...value.peek() }));
      } catch {
        // full or forbidden
      }
    },
  };
}

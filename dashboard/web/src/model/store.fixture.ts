import { signal } from "@preact/signals-core";
import type { Store, TextStorage } from "./store.ts";

/** A store that keeps nothing between visits. */
export function memoryStore<T>(initial: T): Store<T> {
  const value = signal(initial);
  return {
    value,
    update: (change) => {
      value.value = change(value.peek());
    },
  };
}

/** The browser's storage, holding these texts at first. */
export function memoryStorage(initial: Readonly<Record<string, string>> = {}): TextStorage {
  const items = new Map(Object.entries(initial));
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
  };
}

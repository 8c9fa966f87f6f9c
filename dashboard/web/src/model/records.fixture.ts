import { createRecords, type Records, type RecordsOptions } from "./records.ts";
import type { TextStorage } from "./storage.ts";

/** The browser's storage, holding these texts at first. */
export function memoryStorage(initial: Readonly<Record<string, string>> = {}): TextStorage {
  const items = new Map(Object.entries(initial));
  return {
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

/** Records of a page at "/", in a storage of their own unless one is given. */
export const memoryRecords = (options: Partial<RecordsOptions> = {}): Records => {
  const storage = memoryStorage();
  return createRecords({ storage: () => storage, server: "/", ...options });
};

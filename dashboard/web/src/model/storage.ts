/** What is needed of the browser's storage. */
export type TextStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** The browser's storage, which may be full or forbidden: it has nothing then, and `write` says that it did not work. */
export function createTolerantStorage(storage: () => TextStorage) {
  return {
    keys(): readonly string[] {
      try {
        const all = storage();
        return Array.from({ length: all.length }, (_, index) => all.key(index) ?? "");
      } catch {
        return [];
      }
    },
    read(key: string): string | null {
      try {
        return storage().getItem(key);
      } catch {
        return null;
      }
    },
    /** Whether it was written; null removes it. */
    write(key: string, text: string | null): boolean {
      try {
        if (text === null) storage().removeItem(key);
        else storage().setItem(key, text);
        return true;
      } catch {
        return false;
      }
    },
  };
}

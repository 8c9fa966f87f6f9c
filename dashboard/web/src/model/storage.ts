/** What is needed of the browser's storage. */
export type TextStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** The browser's storage, which may be full or forbidden: it has nothing then, and `write` says that it did not work. */
export function createTolerantStorage(storage: () => TextStorage) {
  return {
    /** What follows the prefix in the keys that begin with it. */
    keys(prefix: string): readonly string[] {
      try {
        const all = storage();
        const keys = Array.from({ length: all.length }, (_, index) => all.key(index) ?? "");
        return keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
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

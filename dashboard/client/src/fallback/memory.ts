import { memoryKey } from "../transport/transport.ts";

/** The part of a Storage that is used here. */
export type MemoryStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** A fallback that was chosen. */
export interface Fallback {
  /** The name of its transport. Another version may have saved one that this one does not know. */
  readonly transport: string;
  /** When WebSocket is to be tried again, in ms since the Unix epoch. */
  readonly until: number;
}

/** Keeps the choice of a fallback for the next page. */
export interface Memory {
  /** The one that was saved; null where there is none, or it cannot be read. */
  load(): Fallback | null;
  /** Saves one in place of the one before, or none. */
  save(fallback: Fallback | null): void;
}

/** Keeps it in the given storage. Where that is full or forbidden, nothing is kept. */
export function createMemory(storage: () => MemoryStorage): Memory {
  return {
    load() {
      try {
        const value: Partial<Fallback> | null = JSON.parse(storage().getItem(memoryKey) ?? "");
        const { transport, until } = value ?? {};
        return typeof transport === "string" && typeof until === "number" ? { transport, until } : null;
      } catch {
        return null;
      }
    },
    /** Saves one in place of the one before, or none. */
    save(fallback) {
      try {
        if (fallback) storage().setItem(memoryKey, JSON.stringify(fallback));
        else storage().removeItem(memoryKey);
      } catch {
        // The next page tries WebSocket first, and finds out again.
      }
    },
  };
}

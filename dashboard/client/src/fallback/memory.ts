import { fits } from "../protocol/codec.ts";
import { memoryKey } from "../transport/transport.ts";

export type MemoryStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export interface Fallback {
  /** Of a transport; what was saved by another version may be none of ours. */
  readonly transport: string;
  /** When WebSocket deserves another chance, in ms since the Unix epoch. */
  readonly until: number;
}

/** Where the choice of a fallback outlives the page. */
export interface Memory {
  load(): Fallback | null;
  save(fallback: Fallback | null): void;
}

/** Remembers in the given storage; one that is full or forbidden only means that nothing is remembered. */
export function createMemory(storage: () => MemoryStorage): Memory {
  return {
    load() {
      try {
        const value: unknown = JSON.parse(storage().getItem(memoryKey) ?? "");
        return fits(value, { transport: "", until: 0 }) ? value : null;
      } catch {
        return null;
      }
    },
    save(fallback) {
      try {
        if (fallback) storage().setItem(memoryKey, JSON.stringify(fallback));
        else storage().removeItem(memoryKey);
      } catch {
        // the next page will find out for itself
      }
    },
  };
}

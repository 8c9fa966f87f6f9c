import { memoryKey, type TransportName } from "./transport.ts";

export interface Fallback {
  readonly transport: TransportName;
  /** When WebSocket deserves another chance, in ms since the Unix epoch. */
  readonly until: number;
}

/** Where the choice of a fallback outlives the page. */
export interface Memory {
  load(): Fallback | null;
  save(fallback: Fallback | null): void;
}

/** Remembers in the given storage; one that is full or forbidden only means that nothing is remembered. */
export function createMemory(storage: () => Pick<Storage, "getItem" | "setItem" | "removeItem">): Memory {
  return {
    load() {
      try {
        const value: unknown = JSON.parse(storage().getItem(memoryKey) ?? "null");
        if (typeof value !== "object" || value === null) return null;
        const { transport, until } = value as Record<string, unknown>;
        if ((transport === "sse" || transport === "poll") && typeof until === "number") return { transport, until };
      } catch {
        // as if nothing had been remembered
      }
      return null;
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

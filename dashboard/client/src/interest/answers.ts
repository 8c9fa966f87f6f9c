import type { Subscribed } from "../protocol/messages.ts";
import type { Lookup } from "./want.ts";

/**
 * What the server has answered for names that the client `follows`: it does not know them, or it has refused them. Each
 * change is an event. For the publisher.
 */
export function createAnswers(
  follows: Lookup,
  emit: (event: "unknown" | "known" | "refused", keys: readonly string[]) => void,
) {
  const missing = new Set<string>();
  let codes: ReadonlyMap<string, string> = new Map();
  const tell = (event: "unknown" | "known" | "refused", keys: readonly string[] = []) => {
    if (keys.length) emit(event, keys);
  };

  return {
    /** Takes in the answer to a subscribe. */
    subscribed({ symbols, unknown }: Subscribed): void {
      const names = unknown?.filter(follows);
      const known = symbols?.filter((symbol) => missing.delete(symbol));
      for (const symbol of names ?? []) missing.add(symbol);
      tell("unknown", names);
      tell("known", known);
    },
    /** Takes in all that is refused now: the codes by key. */
    refused(next: ReadonlyMap<string, string>): void {
      const before = codes;
      codes = next;
      tell(
        "refused",
        [...next.keys()].filter((key) => follows(key) && next.get(key) !== before.get(key)),
      );
    },
    /** Whether the server does not know a symbol. */
    unknown: (symbol: string): boolean => missing.has(symbol),
    /** The code with which it has refused a key, whoever follows that. */
    code: (key: string): string | undefined => codes.get(key),
    /** Forgets what is not followed any more. */
    prune(): void {
      for (const symbol of missing) if (!follows(symbol)) missing.delete(symbol);
    },
  };
}

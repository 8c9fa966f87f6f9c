import type { WireQuote } from "tickertape-client";

/** What happened to the shares since the previous close, in words; empty where nothing did. */
export function adjustedText({ adj }: Partial<WireQuote>): string {
  if (!adj) return "";
  const what = adj.split(", ").map((part) => {
    const [kind, amount = ""] = part.split(" ");
    const [fresh, old] = amount.split(":");
    if (kind === "split" && old !== undefined) return `a ${amount} split, ${fresh} new for ${old} old`;
    return kind === "dividend" ? `a special dividend of ${amount} a share` : part; // of a newer server
  });
  return `The previous close is adjusted for ${what.join(", and ")}.`;
}

import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Api, SymbolInfo } from "../model/api.ts";

const limit = 20;
const typingPause = 120; // ms

/** The answer to a search: none while there is nothing to search for, and failed where the server did not answer. */
export type Results =
  | { readonly kind: "none" }
  | { readonly kind: "found"; readonly query: string; readonly records: readonly SymbolInfo[] }
  | { readonly kind: "failed" };

/**
 * Searches for the text as soon as the typing pauses, and calls `answered` with what was found. Answers to earlier texts
 * are dropped.
 */
export function useResults(
  api: Api,
  text: string,
  answered: (text: string, records: readonly SymbolInfo[]) => void,
): ReadonlySignal<Results> {
  const results = useSignal<Results>({ kind: "none" });
  const newest = useRef(answered);
  newest.current = answered;
  useEffect(() => {
    if (text === "") {
      results.value = { kind: "none" };
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const records = await api.search(text, limit, abort.signal);
        if (abort.signal.aborted) return;
        results.value = { kind: "found", query: text, records };
        newest.current(text, records);
      } catch {
        if (!abort.signal.aborted) results.value = { kind: "failed" };
      }
    }, typingPause);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, api, results]);
  return results;
}

/** What the search has found, for those who cannot see it. */
export const outcomeText = (found: Results): string => {
  if (found.kind === "failed") return "The server does not answer. Search again when the connection is back.";
  if (found.kind === "none") return "";
  const { records, query } = found;
  if (records.length === 0) return `No symbol or name matches “${query}”.`;
  return records.length === 1 ? "1 symbol found." : `${records.length} symbols found.`;
};

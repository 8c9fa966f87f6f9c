import { isGroup } from "../interest/want.ts";
import type { Hello, Quote, ServerMessage, SourceStatus } from "../protocol/messages.ts";
import type { Board } from "../quotes/board.ts";
import type { SourceState } from "../quotes/sources.ts";
import type { SeriesStore } from "../series/store.ts";

/** A source as the server has told of it. */
export const toldSource = ({ since, delay, sources, ...source }: SourceState): SourceStatus => ({
  ...source,
  ...(since !== null && { since: since * 1000 }),
  delayed_ms: delay,
  sources: sources.map(toldSource),
});

/** Where what has come is kept. */
export interface CatchUpOptions {
  readonly board: Board;
  readonly series: () => SeriesStore | null;
  readonly sources: () => readonly SourceState[];
}

/** Keeps what it takes to bring a tab that joins late to the present state. */
export function createCatchUp({ board, series, sources }: CatchUpOptions) {
  let hello: Hello | null = null;
  let seq = 0;
  let time = 0;
  const known = new Map<string, boolean>(); // the symbols that the server has answered for, and whether it knows them

  return {
    /** To be called with every message, whether it is from the server or from the leader. */
    note(message: ServerMessage): void {
      if (message.type === "hello") {
        hello = message;
        known.clear(); // it answers anew
      }
      if (message.type === "subscribed") {
        for (const symbol of message.symbols ?? []) known.set(symbol, true);
        for (const symbol of message.unknown ?? []) known.set(symbol, false);
      }
      if ("seq" in message && message.seq !== undefined) ({ seq } = message);
      if ("time" in message && message.time) ({ time } = message);
    },

    /** Whether what has changed since a position can be told: it is of this run of the server. */
    reaches: (since: string | null): boolean => hello !== null && !!since?.startsWith(`${hello.epoch}-`),

    /**
     * What a new stream would send of these symbols and series. With a position it is of the quotes only those that have
     * changed since; null is for all of them, and without either there is no `hello`.
     */
    messages(symbols: readonly string[], keys: readonly string[], since?: string | null): readonly ServerMessage[] {
      const quotes: Quote[] = [];
      const from = Number(since?.split("-")[1] ?? 0); // what has come with that flush may have come after the position
      for (const symbol of symbols.some(isGroup) ? board.symbols() : symbols) {
        const entry = board.get(symbol);
        if (entry?.confirmed && entry.seq >= from) quotes.push(entry.quote);
      }
      return [
        ...(since !== undefined && hello ? [{ ...hello, seq, time, sources: sources().map(toldSource) }] : []),
        { type: "snapshot", seq, time, quotes, ...(since && { resumed: true }) },
        ...keys.flatMap((key) => series()?.whole(key) ?? []),
        {
          type: "subscribed",
          symbols: symbols.filter((symbol) => known.get(symbol)),
          unknown: symbols.filter((symbol) => known.get(symbol) === false),
        },
      ];
    },
  };
}

/** What brings a tab that joins late to the present state. */
export type CatchUp = ReturnType<typeof createCatchUp>;

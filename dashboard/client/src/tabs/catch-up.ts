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

    /** The messages that a new stream would send of these symbols and series, with a `hello` where `greet`. */
    messages(symbols: readonly string[], keys: readonly string[], greet: boolean): readonly ServerMessage[] {
      const quotes: Quote[] = [];
      for (const symbol of symbols.some(isGroup) ? board.symbols() : symbols) {
        const entry = board.get(symbol);
        if (entry?.confirmed) quotes.push(entry.quote);
      }
      return [
        ...(greet && hello ? [{ ...hello, seq, time, sources: sources().map(toldSource) }] : []),
        { type: "snapshot", seq, time, quotes },
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

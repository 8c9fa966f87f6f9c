import { isGroup } from "../interest/want.ts";
import type { Hello, Quote, ServerMessage } from "../protocol/messages.ts";
import type { Board } from "../quotes/board.ts";
import type { SourceState } from "../quotes/sources.ts";
import type { SeriesStore } from "../series/store.ts";

const wireSource = ({ since, ...source }: SourceState) => ({
  ...source,
  ...(since !== null && { since: since * 1000 }),
});

/** Where what has been told is kept. */
export interface Known {
  readonly board: Board;
  readonly series: () => SeriesStore | null;
  readonly client: { readonly sources: readonly SourceState[] };
}

/** Keeps what it takes to tell one who comes late what has been told so far. */
export function createRetelling({ board, series, client }: Known) {
  let hello: Hello | null = null;
  let seq = 0;
  let time = 0;

  return {
    /** Each message passes here, be it from the server or from another tab. */
    note(message: ServerMessage): void {
      if (message.type === "hello") hello = message;
      if ("seq" in message && message.seq !== undefined) ({ seq } = message);
      if ("time" in message && message.time) ({ time } = message);
    },

    /** What must be told of these, as a stream would tell it; greet: with a hello. */
    told(names: readonly string[], keys: readonly string[], greet: boolean): readonly ServerMessage[] {
      const quotes: Quote[] = [];
      for (const symbol of names.some(isGroup) ? board.symbols() : names) {
        const entry = board.get(symbol);
        if (entry?.confirmed) quotes.push(entry.quote);
      }
      return [
        ...(greet && hello ? [{ ...hello, seq, time, sources: client.sources.map(wireSource) }] : []),
        { type: "snapshot", seq, time, quotes },
        ...keys.flatMap((key) => series()?.whole(key) ?? []),
      ];
    },
  };
}

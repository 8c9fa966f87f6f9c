import type { Board } from "./board.ts";
import type { Hello, Quote, ServerMessage } from "./protocol.ts";
import type { SeriesStore } from "./series.ts";
import type { SourceState } from "./sources.ts";
import { isGroup } from "./want.ts";

/** What a client has been told so far. */
export interface Known {
  readonly hello: Hello | null;
  readonly seq: number;
  readonly time: number;
  readonly sources: readonly SourceState[];
  readonly board: Board;
  readonly series: SeriesStore | null;
}

const wireSource = ({ source, simulated, status, since, message }: SourceState) => ({
  source,
  simulated,
  status,
  message,
  ...(since !== null && { since: since * 1000 }),
});

/** What one who comes late must be told of these, as a stream would tell it; greet: with a hello. */
export function retell(
  { hello, seq, time, sources, board, series }: Known,
  names: readonly string[],
  keys: readonly string[],
  greet: boolean,
): readonly ServerMessage[] {
  const quotes: Quote[] = [];
  for (const symbol of names.some(isGroup) ? board.symbols() : names) {
    const entry = board.get(symbol);
    if (entry?.confirmed) quotes.push(entry.quote);
  }
  return [
    ...(greet && hello ? [{ ...hello, seq, time, sources: sources.map(wireSource) }] : []),
    { type: "snapshot", seq, time, quotes },
    ...keys.flatMap((key) => series?.whole(key) ?? []),
  ];
}

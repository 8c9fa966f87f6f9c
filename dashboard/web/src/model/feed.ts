import type { SourceState } from "tickertape-client";

/**
 * Where the prices come from, as one feed. It has the best status of its sources, their names separated by commas, and
 * is simulated if one of them is.
 */
export interface FeedState extends SourceState {
  readonly sources: readonly SourceState[];
}

// The best first. A status that is not known here ranks between halted and closed.
const ranks = ["live", "connecting", "stale", "halted", "closed", "down"];
const rankOf = (status: string) => (ranks.includes(status) ? ranks.indexOf(status) : ranks.length - 2.5);

/** Combines sources, of which there must be at least one. */
export function combine(sources: readonly SourceState[]): FeedState {
  const best = sources.reduce((one, other) => (rankOf(other.status) < rankOf(one.status) ? other : one));
  return {
    ...best,
    source: sources.map(({ source }) => source).join(","),
    simulated: sources.some(({ simulated }) => simulated),
    sources,
  };
}

/** What the reader must know about the origin of the prices; null for those of a real market. */
export function origin(feed: FeedState): { readonly label: string; readonly note: string } | null {
  if (feed.source === "replay") {
    return feed.simulated
      ? {
          label: "Replay, simulated",
          note: "A recording of simulated prices is being replayed. This is not market data.",
        }
      : { label: "Replay", note: "A recording is being replayed. These are not current prices." };
  }
  const made = feed.sources.filter(({ simulated }) => simulated).map(({ source }) => source);
  if (made.length > 0 && made.length < feed.sources.length) {
    return {
      label: "Partly simulated",
      note: `The prices from ${made.join(" and ")} are made up. They are not market data.`,
    };
  }
  if (feed.simulated || feed.source === "sim") {
    return { label: "Simulated", note: "These prices are made up by the built-in simulator. This is not market data." };
  }
  return null;
}

import type { SourceState } from "tickertape-client";
import { age } from "../format.ts";

/**
 * Where the prices come from, as one feed. It has the best status of its sources, their names separated by commas. Its
 * prices are simulated, replayed or late if those of one of them are; it is quiet if all that are live are.
 */
export interface FeedState extends SourceState {
  /** The sources, those behind a relay in its place. */
  readonly sources: readonly SourceState[];
  /** The sources as the server lists them: a relay has others behind it. */
  readonly listed: readonly SourceState[];
  /** The names of those whose prices are all replayed. */
  readonly recordings: ReadonlySet<string>;
}

// The best first. A status that is not known here ranks between halted and closed.
const ranks = ["live", "connecting", "stale", "halted", "closed", "down"];
const rankOf = (status: string) => (ranks.includes(status) ? ranks.indexOf(status) : ranks.length - 2.5);

const behind = (one: SourceState): readonly SourceState[] => (one.sources.length > 0 ? one.sources : [one]);
const isReplayed = (one: SourceState) => behind(one).every(({ replayed }) => replayed);

/** Combines the sources that the server lists, of which there must be at least one. */
export function combine(listed: readonly SourceState[]): FeedState {
  const sources = listed.flatMap(behind);
  const best = sources.reduce((one, other) => (rankOf(other.status) < rankOf(one.status) ? other : one));
  const live = sources.filter(({ status }) => status === "live");
  return {
    ...best,
    source: namesOf(sources, ","),
    simulated: sources.some(({ simulated }) => simulated),
    replayed: sources.some(({ replayed }) => replayed),
    delay: Math.max(...sources.map(({ delay }) => delay)),
    quiet: live.length > 0 && live.every(({ quiet }) => quiet),
    sources,
    listed,
    recordings: new Set([...sources, ...listed].filter(isReplayed).map(({ source }) => source)),
  };
}

const namesOf = (sources: readonly SourceState[], separator: string) =>
  [...new Set(sources.map(({ source }) => source))].join(separator);

/** Whether all prices are those of a recording. */
export const onlyReplayed = ({ sources }: FeedState): boolean => sources.every(({ replayed }) => replayed);

/** Whether a price is one of a recording, by the source that its quote names, where there are several. */
export const replayedFrom = (feed: FeedState, source: string | undefined): boolean =>
  feed.replayed && (source === undefined ? onlyReplayed(feed) : feed.recordings.has(source));

/** What the reader must know about the origin of the prices; null for current ones of a real market. */
export function origin(feed: FeedState): { readonly label: string; readonly note: string } | null {
  if (onlyReplayed(feed)) {
    return feed.simulated
      ? {
          label: "Replay, simulated",
          note: "A recording of simulated prices is being replayed. This is not market data.",
        }
      : { label: "Replay", note: "A recording is being replayed. These are not current prices." };
  }
  const labels: string[] = [];
  const parts: string[] = [];
  const notes: string[] = [];
  const say = (of: readonly SourceState[], whole: string, word: string, all: string, some: string) => {
    if (of.length === 0) return;
    const every = of.length === feed.sources.length;
    if (every) labels.push(whole);
    else parts.push(word);
    notes.push(every ? all : `The prices from ${namesOf(of, " and ")} ${some}`);
  };
  const replayed = feed.sources.filter((one) => one.replayed);
  say(replayed, "Replay", "replayed", "", "are those of a recording. They are not current.");
  say(
    feed.sources.filter(({ simulated }) => simulated),
    "Simulated",
    "simulated",
    "These prices are made up by the built-in simulator. This is not market data.",
    "are made up. They are not market data.",
  );
  const delay = age(feed.delay, false);
  say(
    feed.sources.filter((one) => one.delay > 0),
    `${delay} delayed`,
    "delayed",
    `These prices are ${delay} late, as their provider gives them out.`,
    `are ${delay} late, as their provider gives them out.`,
  );
  if (parts.length > 0) labels.push(`Partly ${parts.join(", ")}`);
  return labels.length === 0 ? null : { label: labels.join(", "), note: notes.join(" ") };
}

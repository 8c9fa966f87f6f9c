import { createLookup, type Lookup, type PauseReason, type Series, seriesKey, type Want } from "./want.ts";
import { split, type What } from "./what.ts";

/** The part of a client with which a program says what it wants. */
export interface RegistryCalls {
  subscribe(what: What): void;
  unsubscribe(what: What): void;
  /** Updates a second at most; null or 0 for each flush of the server. */
  setRate(rate: number | null): void;
  /** The keys of the wire that are wanted; null for all. */
  setFields(fields: readonly string[] | null): void;
  /** No quotes are published until `resume` for the same reason. The server is told so, unless another tab goes on. */
  pause(reason?: PauseReason): void;
  resume(reason?: PauseReason): void;
}

/** What a program has asked of its client. */
export interface Registry {
  readonly calls: RegistryCalls;
  /** Whether there is a reason for a pause. */
  paused(): boolean;
  /** Whether a symbol or a series, by its key, is subscribed to. */
  readonly follows: Lookup;
  /** All that has been asked for. */
  want(): Want;
}

/**
 * Makes a registry, in which there is nothing yet. `pausing` is called when a reason for a pause has come or gone,
 * `changed` after each other change.
 */
export function createRegistry(
  { rate = null, fields = null }: { rate?: number | null; fields?: readonly string[] | null },
  changed: () => void,
  pausing: () => void,
): Registry {
  const symbols = new Set<string>();
  const series = new Map<string, Series>();
  const pauses = new Set<PauseReason>();
  let lookup: Lookup = () => false;

  const paused = () => pauses.size > 0;
  const want = (): Want => ({
    symbols: [...symbols],
    series: [...series.values()],
    rate,
    fields,
    paused: paused(),
    hidden: pauses.has("hidden"),
  });
  const update = () => {
    lookup = createLookup(want());
    changed();
  };

  return {
    calls: {
      subscribe(what) {
        const [names, more] = split(what);
        for (const symbol of names) symbols.add(symbol);
        // One that is followed already keeps its limit.
        for (const one of more) if (!series.has(seriesKey(one))) series.set(seriesKey(one), one);
        update();
      },
      unsubscribe(what) {
        const [names, more] = split(what);
        for (const symbol of names) symbols.delete(symbol);
        for (const one of more) series.delete(seriesKey(one));
        update();
      },
      setRate(next) {
        rate = next || null;
        update();
      },
      setFields(next) {
        fields = next;
        update();
      },
      pause(reason = "user") {
        pauses.add(reason);
        pausing();
      },
      resume(reason = "user") {
        if (pauses.delete(reason)) pausing();
      },
    },
    paused,
    follows: (key) => lookup(key),
    want,
  };
}

import { createLookup, type Lookup, longer, type PauseReason, type Series, seriesKey, type Want } from "./want.ts";
import { split, type What } from "./what.ts";

/** What one part of a program follows. */
export interface Subscription {
  /** Follows this from now on, and nothing else. */
  update(what: What): void;
  /** Follows nothing any more. Closing twice is harmless. */
  close(): void;
}

/** The part of a client with which a program says what it wants. */
export interface RegistryCalls {
  /** Follows more. Subscriptions are counted: each symbol and series is followed until the last of them is closed. */
  subscribe(what: What): Subscription;
  /** Takes one subscription of each back, for a program that has not kept it. */
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
  { rate: first = null, fields = null }: { rate?: number | null; fields?: readonly string[] | null },
  changed: () => void,
  pausing: () => void,
): Registry {
  let rate = first || null;
  const symbols = new Map<string, number>(); // how many subscriptions each has
  const series = new Map<string, { readonly one: Series; readonly count: number }>();
  const pauses = new Set<PauseReason>();
  let lookup: Lookup | null = null; // made when it is used: panels subscribe one after the other

  const paused = () => pauses.size > 0;
  const want = (): Want => ({
    symbols: [...symbols.keys()],
    series: [...series.values()].map(({ one }) => one),
    rate,
    fields,
    paused: paused(),
    hidden: pauses.has("hidden"),
  });
  const update = () => {
    lookup = null;
    changed();
  };

  /** Counts one subscription more or less of each symbol and series. */
  const count = ([names, more]: ReturnType<typeof split>, by: 1 | -1) => {
    for (const symbol of names) {
      const left = (symbols.get(symbol) ?? 0) + by;
      if (left > 0) symbols.set(symbol, left);
      else symbols.delete(symbol);
    }
    for (const one of more) {
      const key = seriesKey(one);
      const known = series.get(key);
      const left = (known?.count ?? 0) + by;
      // The longest history that was asked for stays: what is there already costs nothing.
      if (left > 0)
        series.set(key, { one: by > 0 && known ? longer(known.one, one) : (known?.one ?? one), count: left });
      else series.delete(key);
    }
    update();
  };

  return {
    calls: {
      subscribe(what) {
        let mine: ReturnType<typeof split> | null = split(what);
        count(mine, 1);
        return {
          update(next) {
            if (!mine) return;
            const before = mine;
            mine = split(next);
            count(mine, 1); // first, so that what stays is not given up
            count(before, -1);
          },
          close() {
            if (mine) count(mine, -1);
            mine = null;
          },
        };
      },
      unsubscribe: (what) => count(split(what), -1),
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
    follows(key) {
      lookup ??= createLookup(want());
      return lookup(key);
    },
    want,
  };
}

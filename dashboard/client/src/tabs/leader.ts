import type { Connection } from "../connection/connection.ts";
import type { LinkHandlers } from "../connection/link.ts";
import { createLookup, isGroup, type Lookup, seriesKey, type Want, wantsNothing, without } from "../interest/want.ts";
import type { CatchUp } from "./catch-up.ts";
import { concerns } from "./concerns.ts";
import type { EventNote, FollowerNote, LeaderNote, Sent } from "./notes.ts";

interface Follower {
  readonly want: Want;
  readonly join: number;
  readonly lookup: Lookup;
  /** It is paused, or has joined while the connection was not synced: it gets states alone, and everything later. */
  owed: boolean;
  /** What it knows is right but for what has changed after its position. Of one that is owed. */
  whole: boolean;
  /** Where it stood when it was last sent anything. */
  readonly since: string | null;
  /** What it was told last of what is refused; null where it has joined and was told nothing. */
  told: string | null;
}

/** What a leader needs of its tab. */
export interface LeaderOptions {
  readonly connection: Connection;
  readonly handlers: LinkHandlers;
  readonly catchUp: CatchUp;
  /** Sends a note to one tab, or to all. */
  readonly post: (note: LeaderNote, to?: string) => void;
  /** The tab is not written to any more. */
  readonly forget: (tab: string) => void;
  /** What the connection is used for. */
  readonly uses: Lookup;
  /** The followers want something else. */
  readonly serve: () => void;
  /** Calls `gone` when a tab is gone. */
  readonly watch: (tab: string, signal: AbortSignal, gone: () => void) => void;
  /** Since when nobody looks at this tab; null while somebody does. */
  readonly hidden: () => number | null;
}

/**
 * The tab that has the connection: it passes each event on to those followers that it concerns. One that is paused gets
 * states alone, and when it is looked at again, in one note what it has missed.
 */
export function createLeader(options: LeaderOptions) {
  const { connection, handlers, catchUp, post, uses, serve } = options;
  const followers = new Map<string, Follower>();
  let tenure: AbortController | null = null; // while this tab leads

  const tell = (tab: string, { join, owed }: Follower, ...events: readonly EventNote[]) => {
    const position = owed || !connection.state().synced ? null : connection.position();
    post({ is: "events", events, join, position, hidden: options.hidden() }, tab);
  };

  /** What is refused of that which a tab wants, where it has not been told so. */
  const refusals = (follower: Follower): readonly EventNote[] => {
    const event = new Map([...connection.refused()].filter(([key]) => follower.lookup(key)));
    const told = String([...event]);
    if (told === follower.told) return [];
    follower.told = told;
    return [{ is: "refused", event }];
  };

  /** The part of a note that concerns a tab. */
  const part = (note: EventNote, follower: Follower): readonly EventNote[] => {
    if (note.is === "refused") return refusals(follower);
    if (note.is !== "message") return [note];
    const event = concerns(note.event, follower.lookup);
    return event ? [{ is: "message", event }] : [];
  };

  /** Brings a tab to the present state in one note, if it can see it and there is one; else it gets the state alone. */
  const pay = (tab: string, follower: Follower) => {
    const { want, whole, since } = follower;
    const event = connection.state();
    follower.owed = want.paused || !event.synced;
    const state: EventNote = { is: "state", event };
    if (follower.owed) return tell(tab, follower, state);
    const from = whole && catchUp.reaches(since) ? since : null;
    const known = want.symbols.filter((symbol) => isGroup(symbol) || uses(symbol));
    const messages = catchUp.messages(known, want.series.map(seriesKey).filter(uses), from);
    tell(
      tab,
      follower,
      { is: "state", event: { ...event, synced: false } },
      ...messages.map((event): EventNote => ({ is: "message", event })),
      ...refusals(follower),
      { is: "synced", event: { resumed: from !== null } },
      state,
    );
  };

  const pass = (note: EventNote) => {
    for (const [tab, follower] of followers) {
      if (note.is === "synced") follower.whole &&= note.event.resumed;
      if (note.is === "state" && follower.owed) pay(tab, follower);
      if (follower.owed) continue;
      const events = part(note, follower);
      if (events.length) tell(tab, follower, ...events);
    }
  };
  for (const is of ["message", "state", "synced", "fallback", "refused"] as const) {
    connection.on(is, (event) => {
      if (!tenure) return;
      // The name and the event belong together; the compiler cannot see it.
      handlers[is](event as never);
      pass({ is, event } as EventNote);
    });
  }

  const lose = (tab: string) => {
    if (!followers.delete(tab)) return;
    options.forget(tab);
    serve();
  };

  /** A tab wants something else, or joins: what others have been sent before is sent to it alone. */
  const take = (tab: string, note: FollowerNote & { readonly is: "want" }, { signal }: AbortController) => {
    const { want, join, since } = note;
    const known = followers.get(tab);
    if (known && join < known.join) return; // one that was overtaken
    if (!known) options.watch(tab, signal, () => lose(tab));
    const before = known?.want ?? wantsNothing;
    const same = String([want.symbols, want.fields]) === String([before.symbols, before.fields]);
    const { synced } = connection.state();
    const follower: Follower = {
      want,
      join,
      since,
      told: known?.join === join ? known.told : null,
      lookup: createLookup(want),
      owed: want.paused || known?.join !== join || known.owed || !synced,
      whole: same && known !== undefined && (known.owed ? known.whole : synced),
    };
    followers.set(tab, follower);
    if (known?.join !== join) pay(tab, follower);
    else if (!follower.owed) {
      const symbols = without(want.symbols, new Set(before.symbols)).filter(
        (symbol) => isGroup(symbol) || uses(symbol),
      );
      const series = without(want.series.map(seriesKey), new Set(before.series.map(seriesKey))).filter(uses);
      const messages = symbols.length + series.length ? catchUp.messages(symbols, series) : [];
      const events = [...messages.map((event): EventNote => ({ is: "message", event })), ...refusals(follower)];
      if (events.length) tell(tab, follower, ...events);
    }
    serve();
  };

  return {
    /** What the followers want. */
    wants: (): readonly Want[] => [...followers.values()].map(({ want }) => want),

    /** Whether this tab leads. */
    leads: (): boolean => tenure !== null,

    /** Begins to lead. */
    lead(): void {
      tenure = new AbortController();
      handlers.refused(new Map(connection.refused()));
      post({ is: "lead" });
    },

    /** Does not lead any more. */
    stepDown(): void {
      tenure?.abort();
      tenure = null;
      for (const tab of followers.keys()) options.forget(tab);
      followers.clear();
    },

    /** This tab was hidden, or is looked at. */
    turned(): void {
      for (const [tab, follower] of followers) tell(tab, follower);
    },

    receive(note: Sent<FollowerNote>): void {
      const { is, from } = note;
      const follower = followers.get(from);
      if (is === "want") {
        if (tenure) take(from, note, tenure);
      } else if (is === "seek" || !follower) {
        post({ is: "lead" }, from);
        if (!follower) options.forget(from);
      } else if (is === "leave") lose(from);
      else if (is === "ping") tell(from, follower);
      else if (is === "send") connection.send(note.message);
      else connection[is]();
    },
  };
}

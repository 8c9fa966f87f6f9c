import type { Connection } from "../connection/connection.ts";
import type { LinkHandlers } from "../connection/link.ts";
import { isGroup, type Lookup, seriesKey, type Want, wantsNothing, without } from "../interest/want.ts";
import type { CatchUp } from "./catch-up.ts";
import { createMember, type Member, part, refusals } from "./member.ts";
import type { EventNote, FollowerNote, LeaderNote, Sent } from "./notes.ts";

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
  const followers = new Map<string, Member>();
  let tenure: AbortController | null = null; // while this tab leads

  const tell = (tab: string, { join, owed }: Member, ...events: readonly EventNote[]) => {
    const position = owed || !connection.state().synced ? null : connection.position();
    post({ is: "events", events, join, position, hidden: options.hidden() }, tab);
  };

  /**
   * Whether what a tab wants has come, so that what it shows need not be taken away for a moment. One that has nothing to
   * show yet gets what there is.
   */
  const ready = ({ want, since }: Member) =>
    connection.state().synced && (since === null || (want.symbols.every(uses) && connection.complete()));

  /** Brings a tab to the present state in one note, if it can see it and there is one; else it gets the state alone. */
  const pay = (tab: string, follower: Member) => {
    const { want, whole, since } = follower;
    const event = connection.state();
    follower.owed = want.paused || !ready(follower);
    if (follower.owed)
      return tell(tab, follower, { is: "state", event: { ...event, synced: event.synced && want.paused } });
    const from = whole && catchUp.reaches(since) ? since : null;
    const known = want.symbols.filter((symbol) => isGroup(symbol) || uses(symbol));
    const messages = catchUp.messages(known, want.series.map(seriesKey).filter(uses), from);
    tell(
      tab,
      follower,
      { is: "state", event: { ...event, synced: false } },
      ...messages.map((event): EventNote => ({ is: "message", event })),
      ...refusals(follower, connection.refused()),
      { is: "synced", event: { resumed: from !== null } },
      { is: "state", event },
    );
  };

  /** Pays those whose quotes have come meanwhile. */
  const settle = () => {
    for (const [tab, follower] of followers) {
      if (follower.owed && !follower.want.paused && ready(follower)) pay(tab, follower);
    }
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
      queueMicrotask(settle); // the connection has taken it in by then
    });
  }

  const lose = (tab: string) => {
    if (!followers.delete(tab)) return;
    options.forget(tab);
    serve();
  };

  /** A tab wants something else, or joins: what others have been sent before is sent to it alone. */
  const take = (tab: string, note: FollowerNote & { readonly is: "want" }, { signal }: AbortController) => {
    const { want, join } = note;
    const known = followers.get(tab);
    if (known && join < known.join) return; // one that was overtaken
    if (!known) options.watch(tab, signal, () => lose(tab));
    const before = known?.want ?? wantsNothing;
    const follower = createMember(note, known, connection.state().synced);
    followers.set(tab, follower);
    if (known?.join !== join) pay(tab, follower);
    else if (!follower.owed) {
      const symbols = without(want.symbols, new Set(before.symbols)).filter(
        (symbol) => isGroup(symbol) || uses(symbol),
      );
      const series = without(want.series.map(seriesKey), new Set(before.series.map(seriesKey))).filter(uses);
      const messages = symbols.length + series.length ? catchUp.messages(symbols, series) : [];
      const events = [
        ...messages.map((event): EventNote => ({ is: "message", event })),
        ...refusals(follower, connection.refused()),
      ];
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

    /** Tells the followers that this tab was hidden, or is looked at. */
    announce(): void {
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

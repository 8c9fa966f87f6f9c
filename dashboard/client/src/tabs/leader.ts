import type { Connection } from "../connection/connection.ts";
import type { LinkHandlers } from "../connection/link.ts";
import { isGroup, type Lookup, seriesKey, type Want, wantsNothing, without } from "../interest/want.ts";
import type { CatchUp } from "./catch-up.ts";
import type { EventNote, FollowerNote, Post, Sent } from "./notes.ts";

const beatEvery = 2000; // ms

/**
 * The tab that has the connection: it passes all events on to the followers, whose wants it keeps. What is sent is said
 * with `post`. It calls `serve` when the followers want something else; `uses` is what the connection is used for.
 */
export function createLeader(
  connection: Connection,
  handlers: LinkHandlers,
  catchUp: CatchUp,
  post: Post,
  uses: Lookup,
  serve: () => void,
  watch: (tab: string, signal: AbortSignal, gone: () => void) => void,
) {
  const followers = new Map<string, Want>();
  let tenure: AbortController | null = null; // while this tab leads

  const pass = (note: EventNote | { readonly is: "lead" | "beat" }, to?: string, position?: string | null) =>
    post({ ...note, silence: connection.silence(), position }, to);

  for (const is of ["message", "state", "synced", "fallback", "refused"] as const) {
    connection.on(is, (event) => {
      if (!tenure) return;
      // The name and the event belong together; the compiler cannot see it.
      handlers[is](event as never);
      if (followers.size) pass({ is, event } as EventNote, undefined, connection.position());
    });
  }

  const lose = (tab: string) => {
    if (followers.delete(tab)) serve();
  };

  /** A tab wants something else, or joins: what others have been sent before is sent to it alone. */
  const want = (tab: string, next: Want, join: boolean, signal: AbortSignal) => {
    const before = join ? wantsNothing : (followers.get(tab) ?? wantsNothing);
    if (!followers.has(tab)) watch(tab, signal, () => lose(tab));
    followers.set(tab, next);
    const added = without(next.symbols, new Set(before.symbols));
    const known = added.some(isGroup) ? added : added.filter(uses);
    const series = without(next.series.map(seriesKey), new Set(before.series.map(seriesKey))).filter(uses);
    const state = connection.state();
    if (join) {
      pass({ is: "state", event: state }, tab);
      pass({ is: "refused", event: new Map(connection.refused()) }, tab);
    }
    if (state.phase === "open" && (join || known.length + series.length)) {
      for (const event of catchUp.messages(known, series, join)) pass({ is: "message", event }, tab);
    }
    if (join && state.synced) pass({ is: "synced", event: { resumed: false } }, tab, connection.position());
    serve();
  };

  return {
    followers,

    /** Whether this tab leads. */
    leads: (): boolean => tenure !== null,

    /** Begins to lead. */
    lead(): void {
      tenure = new AbortController();
      const timer = setInterval(pass, beatEvery, { is: "beat" });
      tenure.signal.addEventListener("abort", () => clearInterval(timer));
      pass({ is: "lead" });
    },

    /** Does not lead any more. */
    stepDown(): void {
      tenure?.abort();
      tenure = null;
      followers.clear();
    },

    receive(note: Sent<FollowerNote>): void {
      const { is, from } = note;
      if (is === "want") {
        if (tenure) want(from, note.want, note.join, tenure.signal);
      } else if (is === "leave") lose(from);
      else if (is === "send") connection.send(note.message);
      else connection[is]();
    },
  };
}

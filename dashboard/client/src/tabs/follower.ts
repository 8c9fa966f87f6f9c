import type { Link, LinkHandlers } from "../connection/link.ts";
import type { Want } from "../interest/want.ts";
import type { ClientState } from "../state.ts";
import type { LeaderNote, Sent } from "./notes.ts";
import { createTakeOver, type TakeOverOptions } from "./takeover.ts";
import { createTie, type TieOptions } from "./tie.ts";
import { createWatchdog } from "./watchdog.ts";

/** What a follower needs of its tab. */
export interface FollowerOptions extends Omit<TieOptions, "position">, Omit<TakeOverOptions, "takeOver"> {
  readonly state: ClientState;
  readonly handlers: LinkHandlers;
  /** The symbols whose values are those of the position. */
  readonly confirmed: () => readonly string[];
  /** Takes the lead away from whoever has it. */
  readonly steal: () => void;
}

/**
 * A tab that uses the connection of the leader and takes its events as its own. It joins whoever says that it leads. A
 * tab that is looked at asks a leader that is silent whether it is there, and takes over if it does not answer.
 */
export function createFollower(options: FollowerOptions) {
  const { handlers, mine, now } = options;
  let { state } = options;
  let position: string | null = null;
  let standing: readonly string[] = []; // the symbols that stood at the position when the leader was lost
  let following = false; // not while this tab leads
  let hidden: number | null = null; // since when nobody looks at the leader

  const tie = createTie({ ...options, position: () => position });
  const seen = () => !mine().paused;
  const set = (change: Partial<ClientState>) => {
    state = { ...state, ...change };
    handlers.state();
  };

  /** There is no leader, so that nothing is confirmed. */
  const lose = (): void => {
    if (state.phase === "open") standing = options.confirmed();
    tie.bind(null);
    plan();
    set({ phase: "connecting", synced: false, retryAt: null, lostAt: state.lostAt ?? now() });
  };
  const takeOver = () => {
    lose();
    watch();
    options.steal();
  };
  const watchdog = createWatchdog(now, tie.ping, takeOver);
  /** Looks whether the leader is still there, as long as somebody looks at this tab. */
  const watch = () => (seen() ? watchdog.rest() : watchdog.stop());
  const plannedTakeOver = createTakeOver({ ...options, takeOver });
  const plan = () => plannedTakeOver.plan(tie.joined() && seen() ? hidden : null, state.synced);

  /** Asks for everything; this tab has another leader, or looks for one. */
  const ask = () => {
    tie.ask();
    watch();
    plan();
  };
  const stop = () => {
    watchdog.stop();
    plannedTakeOver.stop();
    following = false;
    tie.bind(null);
  };

  const link: Pick<Link, "state" | "position" | "send" | "retryNow" | "networkChanged" | "wake"> = {
    state: () => state,
    position: () => position,
    send(message) {
      if (!tie.joined() || state.phase !== "open" || state.transport !== "websocket") return false;
      tie.tell({ is: "send", message });
      return true;
    },
    retryNow: () => tie.tell({ is: "retryNow" }),
    networkChanged: () => tie.tell({ is: "networkChanged" }),
    wake() {
      if (tie.joined() && seen()) tie.ping();
    },
  };

  return {
    link,
    /** The symbols that stood at the position when the leader was lost. */
    standing: () => standing,

    /** Takes over how far this tab came while it led, and the state of its connection. */
    adopt(from: string | null, was: ClientState): void {
      [position, standing, state] = [from, options.confirmed(), was];
    },

    /** Begins to follow whoever leads, or will. */
    follow(): void {
      following = true;
      tie.bind(null);
      ask();
      const lostAt = state.lostAt ?? (state.phase === "open" ? now() : null);
      set({ phase: "connecting", synced: false, retryAt: null, lostAt });
    },

    /** This tab holds its own lock. */
    arrived(): void {
      tie.present(true);
      if (following) ask();
    },

    /** What this tab wants is another thing now. One that is looked at again knows nothing until the leader has told it. */
    wants(before: Want): void {
      if (!following) return;
      const again = before.paused && seen();
      if (again && state.synced) state = { ...state, synced: false };
      if (again) tie.ask();
      else tie.want();
      if (before.paused !== mine().paused) watch();
      plan();
    },

    /** Does not follow any more, since it leads. */
    stop,

    /** Takes part no more. */
    end(): void {
      tie.tell({ is: "leave" });
      stop();
      tie.present(false);
      options.abandon();
      set({ phase: "idle", synced: false, retryAt: null });
    },

    receive(note: Sent<LeaderNote>): void {
      const { from } = note;
      if (note.is === "lead") {
        tie.bind(from);
        ask();
      } else if (!tie.is(from)) return;
      else if (note.is === "bye") {
        lose();
        ask();
      } else if (note.is === "deposed") {
        tie.bind(null); // another leader is there, and answers before anything is missed
        tie.ask();
        watch(); // what is prepared stays: this tab may be that leader in a moment
      } else if (tie.takes(note)) {
        tie.answered();
        if (note.position !== null) [position, standing] = [note.position, []];
        ({ hidden } = note);
        watch();
        for (const one of note.events) {
          if (!tie.joined()) return; // a listener has disconnected
          if (one.is === "state") state = one.event;
          handlers[one.is](one.event as never); // the name and the event belong together; the compiler cannot see it
        }
        plan();
      }
    },
  };
}

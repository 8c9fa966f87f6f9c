import type { Link, LinkHandlers } from "../connection/link.ts";
import type { Want } from "../interest/want.ts";
import type { ClientState } from "../state.ts";
import type { FollowerNote, LeaderNote, Sent } from "./notes.ts";

const askAfter = 1000; // ms without a note until the leader is asked whether it is there
const answerWithin = 1000; // ms for its answer: a tab needs a few, and handing over may take 3 s with the connection
const late = 500; // ms by which a timer may be late before it proves that this tab has slept itself
const hiddenFor = 10_000; // ms until a tab that is looked at takes over from one that is not: its timers are slowed down

/** What a follower needs of its tab. */
export interface FollowerOptions {
  readonly state: ClientState;
  readonly handlers: LinkHandlers;
  /** Sends a note to the leader or, without a name, to all tabs. */
  readonly post: (note: FollowerNote, to?: string) => void;
  /** The tab is not written to any more. */
  readonly forget: (tab: string) => void;
  /** The symbols whose values are those of the position. */
  readonly confirmed: () => readonly string[];
  /** What this tab wants. */
  readonly mine: () => Want;
  /** Takes the lead away from whoever has it. */
  readonly steal: () => void;
  /** Opens this tab's own connection, and takes the lead when everything has come over it. */
  readonly prepare: () => void;
  /** Gives up what was prepared, if anything was. */
  readonly abandon: () => void;
  readonly now: () => number;
}

/**
 * A tab that uses the connection of the leader and takes its events as its own. It joins whoever says that it leads. A
 * tab that is looked at asks a leader that is silent whether it is there, and takes over if it does not answer.
 */
export function createFollower(options: FollowerOptions) {
  const { handlers, post, mine, now } = options;
  let { state } = options;
  let position: string | null = null;
  let standing: readonly string[] = []; // the symbols that stood at the position when the leader was lost
  let present = false; // this tab holds its own lock; before, a leader would take it for gone
  let following = false; // not while this tab leads
  let leader: string | null = null;
  let join = 0; // counts the joins; what is sent for an earlier one is out of date
  let joined = false; // the leader has answered the newest one
  let hidden: number | null = null; // since when nobody looks at the leader
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  let turn: ReturnType<typeof setTimeout> | undefined; // to take over from a leader that is hidden
  let planned = ""; // why

  const seen = () => !mine().paused;
  const set = (change: Partial<ClientState>) => {
    state = { ...state, ...change };
    handlers.state();
  };
  const leave = () => {
    if (leader !== null) options.forget(leader);
    leader = null;
    joined = false;
  };

  /** Asks the leader for everything or, where none is known, all tabs who leads. */
  const ask = (): void => {
    joined = false;
    if (!present) return;
    if (leader === null) post({ is: "seek" });
    else post({ is: "want", want: mine(), join: ++join, since: position }, leader);
  };

  /** There is no leader, so that nothing is confirmed. */
  const lose = (): void => {
    if (state.phase === "open") standing = options.confirmed();
    leave();
    plan();
    set({ phase: "connecting", synced: false, retryAt: null, lostAt: state.lostAt ?? now() });
  };
  const takeOver = () => {
    lose();
    watch(false);
    options.steal();
  };

  /** Looks whether the leader is still there, as long as somebody looks at this tab. */
  const watch = (asked: boolean): void => {
    clearTimeout(watchdog);
    if (!seen()) return;
    const wait = asked ? answerWithin : askAfter;
    const due = now() + wait;
    watchdog = setTimeout(() => {
      if (asked && now() - due < late) return takeOver();
      if (leader !== null && joined) post({ is: "ping", join }, leader);
      else ask();
      watch(present);
    }, wait);
  };

  /** Plans to take over from a leader that nobody looks at. As long as it is synced, this tab gets ready before. */
  const plan = (): void => {
    const since = joined && seen() ? hidden : null;
    const reason = since === null ? "" : `${since} ${state.synced}`;
    if (reason === planned) return;
    planned = reason;
    clearTimeout(turn);
    if (since === null || !state.synced) options.abandon();
    if (since === null) return;
    const wait = state.synced ? Math.max(0, since + hiddenFor - now()) : answerWithin;
    turn = setTimeout(state.synced ? options.prepare : takeOver, wait);
  };

  const stop = () => {
    clearTimeout(watchdog);
    clearTimeout(turn);
    planned = "";
    following = false;
    leave();
  };

  const link: Pick<Link, "state" | "position" | "send" | "retryNow" | "networkChanged" | "wake"> = {
    state: () => state,
    position: () => position,
    send(message) {
      if (!joined || leader === null || state.phase !== "open" || state.transport !== "websocket") return false;
      post({ is: "send", message }, leader);
      return true;
    },
    retryNow() {
      if (leader !== null) post({ is: "retryNow" }, leader);
    },
    networkChanged() {
      if (leader !== null) post({ is: "networkChanged" }, leader);
    },
    wake() {
      if (leader !== null && joined && seen()) post({ is: "ping", join }, leader);
    },
  };

  return {
    link,
    /** The symbols that stood at the position when the leader was lost. */
    standing: () => standing,

    /** Takes over how far this tab came while it led. */
    adopt(from: string | null): void {
      [position, standing] = [from, options.confirmed()];
    },

    /** Begins to follow whoever leads, or will. */
    follow(): void {
      following = true;
      leave();
      ask();
      watch(false);
      set({ phase: "connecting", synced: false, retryAt: null });
    },

    /** This tab holds its own lock. */
    arrived(): void {
      present = true;
      if (!following) return;
      ask();
      watch(false);
    },

    /** What this tab wants is another thing now. One that is looked at again knows nothing until the leader has told it. */
    wants(before: Want): void {
      if (!following) return;
      const again = before.paused && seen();
      if (again && state.synced) state = { ...state, synced: false };
      if (again) ask();
      else if (present && leader !== null) post({ is: "want", want: mine(), join, since: position }, leader);
      if (before.paused !== mine().paused) watch(false);
      plan();
    },

    /** Does not follow any more, since it leads. */
    stop,

    /** Takes part no more. */
    end(): void {
      if (leader !== null) post({ is: "leave" }, leader);
      stop();
      present = false;
      options.abandon();
      set({ phase: "idle", synced: false, retryAt: null });
    },

    receive(note: Sent<LeaderNote>): void {
      const { from } = note;
      if (note.is === "lead") {
        if (leader !== from) leave();
        leader = from;
        ask();
        watch(false);
        plan();
        return;
      }
      if (from !== leader) return;
      if (note.is === "bye" || note.is === "deposed") {
        if (note.is === "bye") lose();
        else leave(); // another leader is there, and answers before anything is missed
        plan();
        ask();
        watch(false);
        return;
      }
      if (note.join !== join) return;
      joined = true;
      if (note.position !== null) [position, standing] = [note.position, []];
      ({ hidden } = note);
      watch(false);
      for (const one of note.events) {
        if (one.is === "state") state = one.event;
        handlers[one.is](one.event as never); // the name and the event belong together; the compiler cannot see it
      }
      plan();
    },
  };
}

import type { Link, LinkHandlers } from "../connection/link.ts";
import type { Want } from "../interest/want.ts";
import type { ClientState } from "../state.ts";
import type { LeaderNote, Post, Sent } from "./notes.ts";

const firstAnswer = 3000; // ms for a leader to answer; a tab needs a few

/**
 * A tab that uses the connection of the leader and takes its events as its own. `ask` sends the leader what this tab
 * wants, or joins it; `compete` competes for the lead; `mine` is what this tab wants.
 */
export function createFollower(
  self: string,
  initial: ClientState,
  handlers: LinkHandlers,
  post: Post,
  mine: () => Want,
  ask: (join: boolean) => void,
  compete: (steal: boolean) => void,
  now: () => number,
) {
  let state = initial;
  let position: string | null = null;
  let leader: string | null = null;
  let expected: string | null = null; // the tab that leads as it says, until it has answered
  let silence = firstAnswer;
  let watchdog: ReturnType<typeof setTimeout> | undefined;

  /** There is no leader, so that nothing is confirmed. */
  const lose = (change: Partial<ClientState>): void => {
    leader = null;
    expected = null;
    state = { ...state, synced: false, ...change };
    handlers.state();
  };

  /** Takes a leader that is silent for frozen. Only a tab that is looked at takes over. */
  const watch = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => {
      lose({ phase: "connecting", lostAt: state.lostAt ?? now() });
      if (mine().paused) watch();
      else compete(true);
    }, silence);
  };

  const link: Pick<Link, "state" | "position" | "send" | "retryNow" | "networkChanged" | "wake"> = {
    state: () => state,
    position: () => position,
    send(message) {
      if (state.phase !== "open" || state.transport !== "websocket" || leader === null) return false;
      post({ is: "send", message });
      return true;
    },
    retryNow: () => post({ is: "retryNow" }),
    networkChanged: () => post({ is: "networkChanged" }),
    wake() {}, // the leader sees for itself
  };

  return {
    link,
    lose,

    /** Takes over how far this tab came while it led. */
    adopt(from: string | null): void {
      position = from;
    },

    /** Begins to follow whoever leads, or will. */
    follow(): void {
      silence = firstAnswer;
      compete(false);
      watch();
      ask(true);
      lose({ phase: "connecting" });
    },

    /** Does not follow any more. */
    stop(): void {
      clearTimeout(watchdog);
    },

    receive(note: Sent<LeaderNote>): void {
      const { from } = note;
      // Another tab leads; its `lead` may have been missed. A leader that was deposed may still send events.
      if (note.is === "lead" || (note.is === "beat" && from !== (leader ?? expected))) {
        leader = null;
        expected = from;
        ask(true);
      }
      if (note.is === "state" && note.to === self && from === (expected ?? from)) leader = from; // the answer to `join`
      if (leader === null || from === leader) watch();
      if (from !== leader || !("event" in note)) return;
      ({ silence } = note);
      position = note.position ?? position;
      if (note.is === "state") state = note.event;
      handlers[note.is](note.event as never); // the name and the event belong together; the compiler cannot see it
    },
  };
}

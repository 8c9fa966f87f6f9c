import type { Want } from "../interest/want.ts";
import type { EventsNote, FollowerNote } from "./notes.ts";

/** What a tie needs of its tab. */
export interface TieOptions {
  /** Sends a note to the leader or, without a name, to all tabs. */
  readonly post: (note: FollowerNote, to?: string) => void;
  /** The tab is not written to any more. */
  readonly forget: (tab: string) => void;
  /** What this tab wants. */
  readonly mine: () => Want;
  /** How far it has come. */
  readonly position: () => string | null;
}

/** The tie of a follower to its leader: whom it has joined, and what it tells that one. */
export function createTie({ post, forget, mine, position }: TieOptions) {
  let present = false; // this tab holds its own lock; before, a leader would take it for gone
  let leader: string | null = null;
  let join = 0; // counts the joins; what is sent for an earlier one is out of date
  let joined = false; // the leader has answered the newest one

  const tell = (note: FollowerNote): void => {
    if (leader !== null) post(note, leader);
  };
  /** Asks the leader for everything or, where none is known, all tabs who leads. False where it cannot ask yet. */
  const ask = (): boolean => {
    joined = false;
    if (!present) return false;
    if (leader === null) post({ is: "seek" });
    else tell({ is: "want", want: mine(), join: ++join, since: position() });
    return true;
  };

  return {
    tell,
    ask,
    joined: () => joined,
    /** Whether a tab is the leader. */
    is: (tab: string): boolean => tab === leader,
    /** Whether it is of the newest join. */
    takes: (note: EventsNote): boolean => note.join === join,
    /** The leader has answered. */
    answered(): void {
      joined = true;
    },
    /** Another tab is the leader, or none. */
    bind(tab: string | null): void {
      if (leader !== null && leader !== tab) forget(leader);
      leader = tab;
      joined = false;
    },
    /** Whether this tab holds its own lock. */
    present(held: boolean): void {
      present = held;
    },
    /** Tells the leader that this tab wants another thing. */
    want(): void {
      if (present) tell({ is: "want", want: mine(), join, since: position() });
    },
    /** Asks the leader whether it is there. */
    ping(): boolean {
      if (!joined) return ask();
      tell({ is: "ping", join });
      return true;
    },
  };
}

import type { Connection } from "../connection/connection.ts";
import type { Link, LinkHandlers } from "../connection/link.ts";
import { createLookup, wantsNothing } from "../interest/want.ts";
import { type CatchUpOptions, createCatchUp } from "./catch-up.ts";
import { combineWants } from "./combine.ts";
import { createElection, type Election } from "./election.ts";
import { createFollower } from "./follower.ts";
import { createIdle } from "./idle.ts";
import { createLeader } from "./leader.ts";
import { createMail, type Mail } from "./mail.ts";
import type { Channel, FollowerNote, LeaderNote, Sent } from "./notes.ts";
import { createPace } from "./pace.ts";
import { createSpare } from "./spare.ts";

/** The options of a shared link. */
export interface SharedLinkOptions extends CatchUpOptions {
  /** Of the lock and the channels; the same for all tabs that can use one connection. */
  readonly name: string;
  /** This tab's connection, which is used while it leads. */
  readonly connection: Connection;
  readonly handlers: LinkHandlers;
  readonly locks: Pick<LockManager, "request">;
  readonly channel: (name: string) => Channel;
  readonly now: () => number;
}

/**
 * One connection for all tabs of a browser. The leader has it, passes on to each follower what that one wants, and asks
 * the server for what all of them want. When the leader goes, another tab is elected and resumes from where it stood
 * itself. A tab that is looked at takes over from a leader that does not answer, and from one that is hidden for longer:
 * then it has its own connection ready before, so that its prices never stop. A follower that has been hidden for long
 * asks for nothing, until it is looked at.
 */
export function createSharedLink(options: SharedLinkOptions): Link {
  const { name, connection, locks, board, now } = options;
  const catchUp = createCatchUp(options);
  // From connect to disconnect, with an own name each time: what is left of an earlier one is another tab's.
  let session: { readonly mail: Mail; readonly election: Election } | null = null;
  let mine = wantsNothing;
  let hidden: number | null = null; // since when nobody looks at this tab
  let uses = createLookup(mine);
  const spare = createSpare(connection, () => session?.election.steal());
  const pace = createPace(now);
  const idle = createIdle(() => follower.wants(mine));

  const handlers: LinkHandlers = {
    ...options.handlers,
    message(message) {
      catchUp.note(message);
      options.handlers.message(message);
    },
  };

  /** Brings the connection in line with what all tabs want. */
  const serve = () => {
    const wanted = combineWants([mine, ...leader.wants()]);
    uses = createLookup(wanted);
    if (leader.leads() || spare.kept()) connection.want(wanted);
    handlers.used();
  };
  const confirmed = () => mine.symbols.filter((symbol) => board.get(symbol)?.confirmed);
  /** Opens the connection, from where this tab stands. */
  const open = () => {
    const position = follower.link.position();
    const stood = follower.standing().filter((symbol) => board.get(symbol));
    if (position) connection.resumeFrom(position, [...confirmed(), ...stood]);
    connection.connect();
  };
  /** Where this tab takes its events from. */
  const current = () => (leader.leads() ? connection : follower.link);
  const post = (note: LeaderNote | FollowerNote, to?: string) => session?.mail.post(note, to);
  const forget = (tab: string) => session?.mail.forget(tab);
  const leader = createLeader({
    connection,
    handlers,
    catchUp,
    post,
    forget,
    uses: (key) => uses(key),
    serve,
    watch: (...what) => session?.election.watch(...what),
    hidden: () => hidden,
  });
  const follower = createFollower({
    state: connection.state(),
    handlers,
    post,
    forget,
    confirmed,
    mine: () => (idle.is() ? { ...mine, symbols: [], series: [] } : mine),
    steal: () => session?.election.steal(),
    prepare() {
      spare.keep();
      serve();
      open();
    },
    abandon() {
      if (!spare.kept()) return;
      spare.drop();
      serve();
    },
    now,
  });

  const lead = () => {
    follower.stop();
    leader.lead();
    const used = spare.use(handlers);
    serve();
    if (!used) open();
  };
  const stepDown = () => {
    follower.adopt(connection.position(), connection.state());
    leader.stepDown();
    connection.abandon();
    serve();
  };

  const receive = (note: Sent<LeaderNote | FollowerNote>) => {
    if (note.is === "lead" || note.is === "deposed" || note.is === "bye" || note.is === "events") {
      if (!leader.leads()) follower.receive(note);
    } else if (leader.leads()) leader.receive(note);
    else if (note.is !== "seek") {
      post({ is: "bye" }, note.from); // it takes this tab for its leader
      forget(note.from);
    }
  };

  return {
    state: () => ({ ...current().state(), role: leader.leads() ? "leader" : "follower" }),
    position: () => current().position(),
    uses: (key) => uses(key),
    send: (message) => current().send(message),
    retryNow: () => current().retryNow(),
    networkChanged: () => current().networkChanged(),
    wake: () => current().wake(),

    want(want) {
      const before = mine;
      mine = want;
      if (want.paused !== before.paused) hidden = want.paused ? now() : null;
      if (want.hidden !== before.hidden) idle.setHidden(want.hidden && session !== null);
      serve();
      if (!leader.leads()) follower.wants(before);
      else if (want.paused !== before.paused) leader.announce();
    },

    connect() {
      if (session) return;
      const self = crypto.randomUUID(); // there is one wherever there are locks
      const here = () => session?.election === election;
      const mail = createMail(options.channel, name, self, receive); // first: it may throw, and an election holds a lock
      const election = createElection(locks, name, self, {
        present: () => here() && follower.arrived(),
        lead: () => here() && lead(),
        deposed() {
          post({ is: "deposed" });
          stepDown();
          follower.follow();
        },
      });
      session = { election, mail };
      idle.setHidden(mine.hidden);
      follower.follow();
    },

    disconnect() {
      if (!session) return;
      idle.setHidden(false);
      if (leader.leads()) {
        post({ is: "bye" });
        stepDown();
      }
      follower.end();
      session.election.stop();
      session.mail.close();
      session = null;
      pace.stop(); // what has just been told may have planned something
    },

    holds: (publish) => pace.holds(mine.rate, publish),
  };
}

import type { Connection } from "../connection/connection.ts";
import type { Link, LinkHandlers } from "../connection/link.ts";
import { createLookup, wantsNothing } from "../interest/want.ts";
import { type CatchUpOptions, createCatchUp } from "./catch-up.ts";
import { combineWants } from "./combine.ts";
import { createElection } from "./election.ts";
import { createFollower } from "./follower.ts";
import { createLeader } from "./leader.ts";
import type { Channel, Post } from "./notes.ts";

/** The options of a shared link. */
export interface SharedLinkOptions extends CatchUpOptions {
  /** Of the lock and the channel; the same for all tabs that can use one connection. */
  readonly name: string;
  /** This tab's connection, which is used while it leads. */
  readonly connection: Connection;
  readonly handlers: LinkHandlers;
  readonly locks: Pick<LockManager, "request">;
  readonly channel: (name: string) => Channel;
  readonly now: () => number;
}

/**
 * One connection for all tabs of a browser. The leader has it, passes its events on to the followers, and asks the
 * server for what all of them want. When the leader goes, another tab is elected and resumes from where it stood
 * itself. A leader that says nothing is taken for frozen, and a tab that is looked at takes over.
 */
export function createSharedLink(options: SharedLinkOptions): Link {
  const { name, connection, locks, board, now } = options;
  const self = crypto.randomUUID(); // there is one wherever there are locks
  const catchUp = createCatchUp(options);
  let channel: Channel | null = null; // from connect to disconnect
  let present = false; // this tab holds its own lock; before, the leader would take it for gone
  let mine = wantsNothing;
  let uses = createLookup(mine);
  let publishedAt = 0;
  let publishing: ReturnType<typeof setTimeout> | undefined;

  const post: Post = (note, to) => channel?.postMessage({ ...note, from: self, to });

  const handlers: LinkHandlers = {
    ...options.handlers,
    message(message) {
      catchUp.note(message);
      options.handlers.message(message);
    },
  };

  /** Sends the leader what this tab wants. */
  const ask = (join: boolean) => {
    if (present) post({ is: "want", want: mine, join });
  };
  /** Brings the connection in line with what all tabs want. */
  const serve = () => {
    const wanted = combineWants([mine, ...leader.followers.values()]);
    uses = createLookup(wanted);
    connection.want(leader.leads() ? wanted : wantsNothing);
    handlers.used();
  };
  /** Where this tab takes its events from. */
  const current = () => (leader.leads() ? connection : follower.link);

  const election = createElection(locks, name, self, {
    present() {
      present = true;
      if (!leader.leads()) ask(true);
    },
    lead() {
      const position = follower.link.position();
      follower.stop();
      leader.lead();
      serve();
      const confirmed = mine.symbols.filter((symbol) => board.get(symbol)?.confirmed);
      if (position) connection.resumeFrom(position, confirmed);
      connection.connect();
    },
    deposed() {
      stepDown();
      follower.follow();
    },
  });
  const leader = createLeader(connection, handlers, catchUp, post, (key) => uses(key), serve, election.watch);
  const follower = createFollower(self, connection.state(), handlers, post, () => mine, ask, election.compete, now);

  const stepDown = () => {
    follower.adopt(connection.position());
    leader.stepDown();
    connection.disconnect();
    serve();
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
      mine = want;
      serve();
      if (!leader.leads()) ask(false);
    },

    connect() {
      if (channel) return;
      channel = options.channel(name);
      channel.addEventListener("message", (event) => {
        const { data } = event as MessageEvent;
        // Only the notes of a leader have a silence.
        if ((data.to ?? self) !== self || leader.leads() !== (data.silence === undefined)) return;
        (leader.leads() ? leader : follower).receive(data);
      });
      election.start();
      follower.follow();
    },

    disconnect() {
      if (!channel) return;
      post({ is: "leave" });
      clearTimeout(publishing);
      if (leader.leads()) stepDown();
      election.stop();
      present = false;
      channel.close();
      channel = null;
      follower.stop();
      follower.lose({ phase: "idle", retryAt: null });
    },

    holds(publish) {
      const gap = mine.rate ? publishedAt + 1000 / mine.rate - now() : 0;
      if (gap <= 0) publishedAt = now();
      else {
        clearTimeout(publishing);
        publishing = setTimeout(publish, gap);
      }
      return gap > 0;
    },
  };
}

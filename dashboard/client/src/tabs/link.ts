import type { Connection } from "../connection/connection.ts";
import { type Line, type LineHandlers, listen } from "../connection/link.ts";
import { createLookup, isGroup, seriesKey, type Want, wantsNothing, without } from "../interest/want.ts";
import type { ServerMessage } from "../protocol/messages.ts";
import type { ConnectionState, Role } from "../state.ts";
import { createRetelling, type Known } from "./catch-up.ts";
import { combineWants } from "./combine.ts";
import type { Body, Channel, Note } from "./notes.ts";

export interface ShareOptions extends Known {
  /** The same for all who can use one connection. */
  readonly name: string;
  readonly connection: Connection;
  readonly handlers: LineHandlers;
  readonly locks: Pick<LockManager, "request">;
  readonly channel: (name: string) => Channel;
  readonly now: () => number;
}

const beat = 2000;
const firstAnswer = 3000; // ms for a leader to answer; another tab does so in a few

/**
 * One connection for all tabs of a browser. The tab that holds the lock has it and tells the others all that it
 * is told; they tell it what they want. When its tab goes, another gets the lock and takes the stream up from
 * where it stood itself. A leader that says nothing is taken for frozen, and a tab that is looked at takes over.
 */
export function createSharedLine(options: ShareOptions): Line {
  const { name, connection, handlers, locks, board, now } = options;
  const retelling = createRetelling(options);
  const self = crypto.randomUUID(); // there is one wherever there are locks

  let life: AbortController | null = null; // from connect to disconnect
  let gone: Promise<void> | null = null; // its end
  let channel: Channel | null = null;
  let present = false; // this tab's own lock is held: nobody takes it for gone
  let mine = wantsNothing;
  let toldAt = 0; // when this tab was told changes last
  let telling: ReturnType<typeof setTimeout> | undefined;

  // Of a leader.
  let tenure: AbortController | null = null;
  const peers = new Map<string, Want>();
  const unknown = new Set<string>();
  let uses = createLookup(mine);

  // Of a follower.
  let leader: string | null = null;
  let expected: string | null = null; // who has said that it leads, until it has answered
  let heard = connection.state;
  let position: string | null = null;
  let silence = firstAnswer;
  let watchdog: ReturnType<typeof setTimeout> | undefined;

  const post = (note: Body) => channel?.postMessage({ ...note, from: self });

  // --- leading -----------------------------------------------------------------------------------

  const serve = () => {
    const wanted = combineWants([mine, ...peers.values()]);
    uses = createLookup(wanted);
    connection.want(wanted);
    handlers.used();
  };

  const stateNote = (): Body => ({ is: "state", state: connection.state, silence: connection.silence() });

  const announce = (symbols: readonly string[], series: readonly string[], to: string, greet: boolean) => {
    const messages = [...retelling.told(symbols, series, greet)];
    const strange = symbols.filter((symbol) => unknown.has(symbol));
    if (strange.length) messages.push({ type: "subscribed", unknown: strange });
    for (const message of messages) post({ is: "message", message, position: null, to });
  };

  /** A tab wants something else, or has come: what others have been told already it must be told apart. */
  const take = (tab: string, want: Want, join: boolean, ended: AbortSignal) => {
    const before = join ? wantsNothing : (peers.get(tab) ?? wantsNothing);
    if (!peers.has(tab)) {
      // Its own lock comes free when it is gone, in whatever way.
      locks.request(`${name}/${tab}`, { signal: ended }, () => lose(tab)).catch(() => {});
    }
    peers.set(tab, want);
    const added = without(want.symbols, new Set(before.symbols));
    const known = added.some(isGroup) ? added : added.filter(uses);
    const series = without(want.series.map(seriesKey), new Set(before.series.map(seriesKey))).filter(uses);
    const open = connection.state.phase === "open";
    if (join) post({ ...stateNote(), to: tab });
    if (open && (join || known.length + series.length)) announce(known, series, tab, join);
    if (join && connection.state.synced) {
      post({ is: "synced", resumed: false, position: connection.position, to: tab });
    }
    serve();
  };

  const lose = (tab: string) => {
    if (peers.delete(tab)) serve();
  };

  const lead = () => {
    const ended = new AbortController();
    tenure = ended;
    clearTimeout(watchdog);
    leader = null;
    serve();
    if (position) {
      const vouched = mine.symbols.filter((symbol) => board.get(symbol)?.confirmed);
      connection.adopt(position, vouched);
    }
    post({ is: "lead" });
    const timer = setInterval(() => post({ is: "beat" }), beat);
    ended.signal.addEventListener("abort", () => clearInterval(timer));
    connection.connect();
  };

  /** No longer the leader: the tab goes, or another has taken over. */
  const stepDown = () => {
    tenure?.abort();
    tenure = null;
    peers.clear();
    unknown.clear();
    ({ position } = connection);
    connection.disconnect();
    connection.want(wantsNothing);
    uses = createLookup(mine);
    handlers.used();
  };

  const compete = (steal: boolean) => {
    const here = life;
    if (!here) return;
    const request = steal ? { steal } : { signal: here.signal };
    locks
      .request(name, request, () => {
        if (here.signal.aborted) return;
        lead();
        return gone;
      })
      .catch(() => {
        if (here.signal.aborted || !tenure) return;
        stepDown(); // stolen: this tab had been frozen
        follow();
      });
  };

  // --- following ---------------------------------------------------------------------------------

  const say = (join: boolean) => {
    if (present) post({ is: "want", want: mine, join });
  };
  const join = () => say(true);

  /** Nothing that is shown is vouched for any more. */
  const leave = (change: Partial<ConnectionState>) => {
    leader = null;
    expected = null;
    heard = { ...heard, synced: false, ...change };
    handlers.state();
  };

  const follow = () => {
    silence = firstAnswer;
    compete(false);
    watch();
    join();
    leave({ phase: "connecting" });
  };

  const watch = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => {
      leave({ phase: "connecting", lostAt: heard.lostAt ?? now() });
      if (!mine.paused) compete(true);
      else watch();
    }, silence);
  };

  const tell = (message: ServerMessage) => {
    retelling.note(message);
    handlers.message(message);
  };

  const hear = (note: Note) => {
    // A tab that has taken over, unheard perhaps. One that was stolen from may still be talking.
    if (note.is === "lead" || (note.is === "beat" && note.from !== (leader ?? expected))) {
      leader = null;
      expected = note.from;
      join();
    }
    if (leader === null || note.from === leader) watch();
    switch (note.is) {
      case "state":
        if (note.to === self && note.from === (expected ?? note.from)) leader = note.from;
        if (note.from !== leader) break;
        ({ state: heard, silence } = note);
        handlers.state();
        break;
      case "message":
        if (note.from !== leader) break;
        position = note.position ?? position;
        tell(note.message);
        break;
      case "synced":
        if (note.from !== leader) break;
        ({ position } = note);
        handlers.synced(note);
        break;
      case "fallback":
        if (note.from === leader) handlers.fallback(note.change);
        break;
    }
  };

  const receive = (note: Note) => {
    if (note.to !== undefined && note.to !== self) return;
    if (!tenure) {
      if (["lead", "beat", "state", "message", "synced", "fallback"].includes(note.is)) hear(note);
      return;
    }
    if (note.is === "want") take(note.from, note.want, note.join, tenure.signal);
    else if (note.is === "leave") lose(note.from);
    else if (note.is === "send") connection.send(note.message);
    else if (note.is === "retryNow" || note.is === "networkChanged") connection[note.is]();
  };

  // --- the connection, while this tab leads ------------------------------------------------------

  listen(connection, {
    message(message) {
      if (message.type === "subscribed") {
        for (const symbol of message.symbols ?? []) unknown.delete(symbol);
        for (const symbol of message.unknown ?? []) unknown.add(symbol);
      }
      tell(message);
      if (peers.size > 0) post({ is: "message", message, position: connection.position });
    },
    state() {
      if (!tenure) return;
      handlers.state();
      if (peers.size > 0) post(stateNote());
    },
    synced(event) {
      handlers.synced(event);
      if (peers.size > 0) post({ is: "synced", resumed: event.resumed, position: connection.position });
    },
    fallback(change) {
      handlers.fallback(change);
      post({ is: "fallback", change });
    },
  });

  const bid = (is: "retryNow" | "networkChanged") => {
    if (tenure) connection[is]();
    else post({ is });
  };

  const disconnect = () => {
    if (!life) return;
    post({ is: "leave" });
    clearTimeout(watchdog);
    clearTimeout(telling);
    if (tenure) stepDown();
    life.abort(); // frees the locks
    life = null;
    present = false;
    channel?.close();
    channel = null;
    leave({ phase: "idle", retryAt: null });
  };

  return {
    get role(): Role {
      return tenure ? "leader" : "follower";
    },
    get state() {
      return tenure ? connection.state : heard;
    },
    get position() {
      return tenure ? connection.position : position;
    },
    uses: (key) => uses(key),

    want(want) {
      mine = want;
      if (tenure) {
        serve();
        return;
      }
      uses = createLookup(want);
      say(false);
    },

    connect() {
      if (life) return;
      const here = new AbortController();
      life = here;
      channel = options.channel(name);
      channel.addEventListener("message", (event) => receive((event as MessageEvent).data as Note));
      gone = new Promise((resolve) => here.signal.addEventListener("abort", () => resolve()));
      locks
        .request(`${name}/${self}`, () => {
          present = life === here;
          if (!tenure) join();
          return gone;
        })
        .catch(() => {});
      follow();
    },

    disconnect,

    holds(tell) {
      const gap = mine.rate ? toldAt + 1000 / mine.rate - now() : 0;
      if (gap <= 0) toldAt = now();
      else {
        clearTimeout(telling);
        telling = setTimeout(tell, gap);
      }
      return gap > 0;
    },

    send(message) {
      if (tenure) return connection.send(message);
      if (heard.phase !== "open" || heard.transport !== "websocket" || leader === null) return false;
      post({ is: "send", message });
      return true;
    },

    retryNow: () => bid("retryNow"),
    networkChanged: () => bid("networkChanged"),

    wake() {
      if (tenure) connection.wake();
    },
  };
}

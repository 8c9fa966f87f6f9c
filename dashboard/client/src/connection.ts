import { type Backoff, createBackoff } from "./backoff.ts";
import { createEmitter } from "./emitter.ts";
import type { Memory } from "./memory.ts";
import type { ClientMessage, MessageOf, MessageType, ServerMessage } from "./protocol.ts";
import { formatPosition } from "./protocol.ts";
import { createSubscriptions, type Send } from "./subscriptions.ts";
import type { Closing, Stream, Transport, TransportName } from "./transport.ts";
import type { PauseReason, Want } from "./want.ts";

/**
 * idle: not asked to connect. connecting: a stream is opening. open: the server is talking.
 * waiting: lost, will retry. resting: closed on purpose while paused. offline: the browser knows
 * of no network. stopped: the server refused for good.
 */
export type Phase = "idle" | "connecting" | "open" | "waiting" | "resting" | "offline" | "stopped";

export interface ConnectionState {
  readonly phase: Phase;
  readonly transport: TransportName;
  /** Open, and everything that is followed has been told. */
  readonly synced: boolean;
  readonly paused: boolean;
  /** When the next attempt is due, in ms since the Unix epoch; null when none is planned. */
  readonly retryAt: number | null;
  /** Since when the page has had no connection; null while it has one or before the first. */
  readonly lostAt: number | null;
  readonly reason: string;
}

export type ConnectionEvents = { readonly [T in MessageType]: MessageOf<T> } & {
  /** Every message, before the event of its type. */
  readonly message: ServerMessage;
  readonly state: ConnectionState;
  /** All that is followed has been told; `resumed` when only what had changed was. */
  readonly synced: { readonly resumed: boolean };
  readonly fallback: { readonly from: TransportName; readonly to: TransportName };
};

export interface ConnectionOptions {
  readonly transports: Readonly<Record<TransportName, Transport>>;
  /** Which of them to use, the best first; all unless given. */
  readonly ladder?: readonly [TransportName, ...TransportName[]];
  /** Whether the server answers a plain request: tells a blocked transport from a server that is away. */
  readonly reachable: () => Promise<boolean>;
  readonly memory?: Memory;
  readonly online?: () => boolean;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly backoff?: Backoff;
}

const everything = ["websocket", "sse", "poll"] as const;

const farewells: ReadonlySet<number> = new Set([1001, 1012, 1013]); // going away, restarting, full
const strikesOut = 2;
const firstWord = 5000; // ms for a stream to say anything; healthy ones take a round trip or two
const defaultHeartbeat = 5000;
const patience = 2.5; // heartbeats
const fallbackLasts = 600_000;
const restAfter = 300_000; // a hidden page gives its socket back after five minutes
const backlogLimit = 65_536;

/**
 * One connection to the server, whatever it takes: it picks the best transport that works,
 * notices silence, comes back with full-jitter delays from where it left off, and keeps the
 * subscriptions. It is an event emitter with every message type as an event.
 */
export function createConnection(options: ConnectionOptions) {
  const { transports, reachable, memory, now = Date.now, random = Math.random, online = () => true } = options;
  const ladder: readonly [TransportName, ...TransportName[]] = options.ladder ?? everything;
  const [best] = ladder;
  const backoff = options.backoff ?? createBackoff({ random });
  const events = createEmitter<ConnectionEvents>();

  const subscriptions = createSubscriptions();
  let paused: PauseReason | null = null;

  // The stream. Everything it says is dropped once `generation` has moved on.
  let generation = 0;
  let stream: Stream | null = null;
  let transport: TransportName = best;
  let heard = false;
  let greeted = false;
  let firstHeard = 0;
  let lastHeard = 0;
  let heartbeat = defaultHeartbeat;
  let sentPause = false;

  let nextId = 1;

  // The choice of transport.
  const strikes: Record<TransportName, number> = { websocket: 0, sse: 0, poll: 0 };
  const proven = new Set<TransportName>();
  let confirmations = 0;

  let state: ConnectionState = {
    phase: "idle",
    transport,
    synced: false,
    paused: false,
    retryAt: null,
    lostAt: null,
    reason: "",
  };
  let quiet = false; // a planned change of streams is nobody's business

  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const cancel = (name: string) => {
    clearTimeout(timers.get(name));
    timers.delete(name);
  };
  const after = (name: string, ms: number, run: () => void) => {
    cancel(name);
    timers.set(
      name,
      setTimeout(() => {
        timers.delete(name);
        run();
      }, ms),
    );
  };

  const set = (change: Partial<ConnectionState>) => {
    state = { ...state, transport, paused: paused !== null, ...change };
    events.emit("state", state);
  };

  const silence = () => transports[transport].quiet + heartbeat * patience;

  const drop = () => {
    generation++;
    stream?.close();
    stream = null;
    for (const name of ["watchdog", "retry", "flush", "rest"]) cancel(name);
  };

  // --- opening ---------------------------------------------------------------------------------

  const open = () => {
    drop();
    const mine = generation;
    const wire = transports[transport];
    heard = false;
    greeted = false;
    sentPause = false;
    const request = subscriptions.open(wire.duplex, wire.queryLimit);

    if (!quiet) set({ phase: "connecting", synced: false, retryAt: null });
    after("watchdog", firstWord, () => lost({ code: 1006, reason: "no answer", comeBack: true }, strikesOut));
    stream = wire.open(request, {
      message: (message, position) => {
        if (mine !== generation) return;
        // A server that is full or restarting says only that: nothing has been found again.
        if (heard || message.type !== "error") hear();
        if (message.type === "hello") greet(message);
        events.emit("message", message);
        // The name and the message are of one type by construction; the compiler cannot see it.
        events.emit(message.type, message as never);
        if (mine === generation && subscriptions.take(message, position)) sync();
      },
      closed: (closing) => {
        if (mine === generation) lost(closing, 1);
      },
    });
  };

  const hear = () => {
    lastHeard = now();
    if (!heard) {
      heard = true;
      firstHeard = lastHeard;
      strikes[transport] = 0;
      confirmations = 0;
      proven.add(transport);
      quiet = false;
      set({ phase: "open", lostAt: null, reason: "" });
    }
    after("watchdog", silence(), () => lost({ code: 1006, reason: "the line went silent", comeBack: true }, 0));
  };

  const greet = (hello: MessageOf<"hello">) => {
    if (hello.heartbeat_ms !== undefined && hello.heartbeat_ms > 0) heartbeat = hello.heartbeat_ms;
    subscriptions.greet(hello.epoch, greeted, post);
    greeted = true;
  };

  const sync = () => {
    events.emit("synced", { resumed: subscriptions.resumed });
    set({ synced: true });
    flush();
    syncPause();
  };

  // --- losing it -------------------------------------------------------------------------------

  const lost = (closing: Closing, weight: number) => {
    const served = heard ? now() - firstHeard : 0;
    drop();
    quiet = false;
    const lostAt = state.lostAt ?? (proven.size > 0 ? now() : null);
    const loss = { synced: false, lostAt, reason: closing.reason };
    if (!closing.comeBack) {
      set({ ...loss, phase: "stopped", retryAt: null });
      return;
    }
    if (paused !== null) {
      set({ ...loss, phase: "resting", retryAt: null }); // nobody looks: come back on resume
      return;
    }
    // A server that said when to come back is there, and not blocked.
    const turnedAway = closing.within !== undefined || closing.after !== undefined;
    if (!heard && !turnedAway && !farewells.has(closing.code)) strikes[transport] += weight;
    const next = ladder[ladder.indexOf(transport) + 1];
    if (next !== undefined && strikes[transport] >= strikesOut) {
      set({ ...loss, phase: "connecting", retryAt: null });
      const mine = generation;
      void reachable().then((yes) => {
        if (mine !== generation) return;
        if (!yes) {
          confirmations = 0;
          retry(closing, served, loss);
        } else if (proven.has(transport) && confirmations === 0) {
          // It has worked here before. Perhaps the server has just come back: ask once more.
          confirmations++;
          open();
        } else {
          fallBack(next);
        }
      });
      return;
    }
    retry(closing, served, loss);
  };

  const retry = (closing: Closing, served: number, loss: Partial<ConnectionState>) => {
    if (!online()) {
      set({ ...loss, phase: "offline", retryAt: null });
      return;
    }
    let delay = backoff.next(served);
    if (closing.within !== undefined) delay = random() * closing.within;
    if (closing.after !== undefined) delay += closing.after;
    set({ ...loss, phase: "waiting", retryAt: now() + delay });
    after("retry", delay, open);
  };

  const fallBack = (to: TransportName) => {
    const from = transport;
    transport = to;
    strikes[to] = 0;
    confirmations = 0;
    backoff.reset();
    remember(to);
    events.emit("fallback", { from, to });
    open();
  };

  const remember = (name: TransportName) => {
    memory?.save({ transport: name, until: now() + fallbackLasts });
    after("upgrade", fallbackLasts, upgrade);
  };

  /** Tries the best transport beside the stream that works, and changes over only when it has spoken. */
  const upgrade = () => {
    if (transport === best) return;
    if (state.phase !== "open" || paused !== null) {
      after("upgrade", 60_000, upgrade);
      return;
    }
    let over = false;
    const finish = (works: boolean) => {
      if (over) return;
      over = true;
      cancel("trial");
      trial.close();
      if (!works) return remember(transport);
      memory?.save(null);
      transport = best;
      strikes[best] = 0;
      quiet = state.phase === "open";
      open();
    };
    const trial = transports[best].open(
      { symbols: transports[best].duplex ? [] : [...subscriptions.wanted].slice(0, 1), since: null },
      { message: () => finish(true), closed: () => finish(false) },
    );
    after("trial", firstWord, () => finish(false));
  };

  // --- subscriptions ---------------------------------------------------------------------------

  const post: Send = (message) => {
    const id = nextId++;
    return send({ ...message, id } as ClientMessage) ? id : null;
  };

  /** Brings the server's idea of the subscriptions in line with ours. */
  const flush = () => {
    if (!stream || !heard || subscriptions.starting || !subscriptions.stale) return; // `sync` comes back here
    if (!transports[transport].duplex) {
      quiet = state.phase === "open";
      open();
    } else if (stream.buffered() > backlogLimit) {
      scheduleFlush(200); // the line is full: by then this may be another set
    } else {
      subscriptions.flush(post);
      if (subscriptions.stale) scheduleFlush(200);
    }
  };

  // One message for everything that is asked for in one turn; streams that must be opened anew
  // wait for the next click, too.
  const scheduleFlush = (ms = transports[transport].duplex ? 0 : 80) => {
    if (heard) after("flush", ms, flush);
  };

  // --- pausing ---------------------------------------------------------------------------------

  const syncPause = () => {
    const pause = paused !== null;
    if (pause === sentPause || !stream || !state.synced) return;
    if (transports[transport].duplex) {
      if (send({ type: pause ? "pause" : "resume", id: nextId++ })) sentPause = pause;
    } else if (pause) {
      rest();
    }
  };

  const rest = () => {
    drop();
    set({ phase: "resting", synced: false, retryAt: null });
  };

  /** Something happened that is worth another look: the network is back, the page is shown again. */
  const wake = () => {
    if (paused !== null) return;
    if (state.phase === "waiting" || state.phase === "offline") open();
    else if (state.phase === "open" && now() - lastHeard > silence()) {
      lost({ code: 1006, reason: "the line went silent", comeBack: true }, 0);
    }
  };

  const disconnect = () => {
    drop();
    for (const name of [...timers.keys()]) cancel(name);
    quiet = false;
    set({ phase: "idle", synced: false, retryAt: null });
  };

  function send(message: ClientMessage): boolean {
    return stream?.send(message) ?? false;
  }

  return {
    connect(): void {
      if (stream) return;
      const remembered = memory?.load() ?? null;
      if (remembered && remembered.until > now() && ladder.includes(remembered.transport)) {
        transport = remembered.transport;
        after("upgrade", remembered.until - now(), upgrade);
      }
      backoff.reset();
      open();
    },

    on: events.on,

    /** False when it could not be sent; nothing is queued, since it would be old by then. */
    send,

    /**
     * What is to be followed from now on. While it is paused it says nothing: for a reader's wish, or since the page
     * is hidden, which gives the stream back after a while.
     */
    want(next: Want): void {
      subscriptions.want(next);
      scheduleFlush();
      if (next.paused === paused) return;
      const was = paused;
      paused = next.paused;
      if (paused === "hidden") after("rest", restAfter, rest);
      else cancel("rest");
      if ((was === null) === (paused === null) || state.phase === "idle" || state.phase === "stopped") return;
      if (paused !== null && (state.phase === "waiting" || state.phase === "offline")) rest();
      else if (state.phase === "resting") {
        quiet = false;
        backoff.reset();
        open();
      } else {
        set({});
        syncPause();
        wake();
      }
    },

    /** Takes up what another connection has been told, before `connect`. */
    adopt: subscriptions.adopt,

    /** How long the server may be silent before it is taken for gone, in ms. */
    silence,

    /** Asks for a `pong` with the id that it returns; null when it could not be sent. */
    ping(): number | null {
      const id = nextId++;
      return send({ type: "ping", id }) ? id : null;
    },

    wake,

    /** The network changed: what was blocked before may not be now. */
    networkChanged(): void {
      if (transport !== best && state.phase !== "open") {
        memory?.save(null);
        transport = best;
        strikes[best] = 0;
      }
      wake();
    },

    /** Gives up waiting and tries now, after `stopped` as well. */
    retryNow(): void {
      if (state.phase === "waiting" || state.phase === "offline" || state.phase === "stopped") open();
    },

    disconnect,

    close(): void {
      disconnect();
      events.clear();
    },

    get state(): ConnectionState {
      return state;
    },

    /** Where a new connection would take up the stream; null when it would start over. */
    get position(): string | null {
      return subscriptions.position && formatPosition(subscriptions.position);
    },
  };
}

export type Connection = ReturnType<typeof createConnection>;

import { type Backoff, createBackoff } from "./backoff.ts";
import { createEmitter } from "./emitter.ts";
import type { SeriesLedger } from "./ledger.ts";
import type { Role } from "./line.ts";
import { type ClientMessage, formatPosition, type ServerMessage } from "./protocol.ts";
import { createSubscriptions } from "./subscriptions.ts";
import type { Closing, Stream, Transport, TransportName } from "./transport.ts";
import { createLookup, type Lookup, type PauseReason, type Want, wantsNothing } from "./want.ts";

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

export interface ConnectionEvents {
  readonly message: ServerMessage;
  readonly state: ConnectionState;
  /** All that is followed has been told; `resumed` when only what had changed was. */
  readonly synced: { readonly resumed: boolean };
  readonly fallback: { readonly from: TransportName; readonly to: TransportName };
  /** The network changed: what was blocked before may not be now. */
  readonly network: null;
}

/** Sends a message with an id, which it returns; null when it could not be sent. */
export type Send = (message: {
  readonly type: ClientMessage["type"];
  readonly [key: string]: unknown;
}) => number | null;

export interface ConnectionOptions {
  /** What it uses until it is told to use another. */
  readonly transport: Transport;
  /**
   * Asked when a transport has not said a word twice, and whether it ever has: what to use at once, or null to wait
   * for this one.
   */
  readonly blocked?: (transport: Transport, proven: boolean) => Promise<Transport | null>;
  readonly online?: () => boolean;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly backoff?: Backoff;
}

const farewells: ReadonlySet<number> = new Set([1001, 1012, 1013]); // going away, restarting, full
const strikesOut = 2;
const firstWord = 5000; // ms for a stream to say anything; healthy ones take a round trip or two
const defaultHeartbeat = 5000;
const patience = 2.5; // heartbeats
const restAfter = 300_000; // a hidden page gives its socket back after five minutes
const backlogLimit = 65_536;

const silent: Closing = { code: 1006, reason: "the line went silent", comeBack: true };
const closed = { synced: false, retryAt: null };

/**
 * One connection to the server, whatever it takes: it notices silence, comes back with full-jitter delays from
 * where it left off, and keeps the subscriptions. It is an event emitter with every message type as an event.
 */
export function createConnection(options: ConnectionOptions) {
  const { blocked, now = Date.now, random = Math.random, online = () => true } = options;
  const backoff = options.backoff ?? createBackoff({ random });
  const events = createEmitter<ConnectionEvents>();

  const subscriptions = createSubscriptions();
  let uses = createLookup(wantsNothing);
  let paused: PauseReason | null = null;

  // The stream. Everything it says is dropped once `generation` has moved on.
  let generation = 0;
  let stream: Stream | null = null;
  let heard = false;
  let greeted = false;
  let firstHeard = 0;
  let lastHeard = 0;
  let heartbeat = defaultHeartbeat;
  let sentPause = false;
  let quiet = false; // a planned change of streams is nobody's business

  let nextId = 1;

  // The transport, and whether it works.
  let { transport } = options;
  let strikes = 0;
  const proven = new Set<Transport>();

  let state: ConnectionState = {
    ...closed,
    phase: "idle",
    transport: transport.name,
    paused: false,
    lostAt: null,
    reason: "",
  };

  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const cancel = (...names: readonly string[]) => {
    for (const name of names) clearTimeout(timers.get(name));
  };
  const after = (name: string, ms: number, run: () => void) => {
    cancel(name);
    timers.set(name, setTimeout(run, ms));
  };

  const set = (change: Partial<ConnectionState>) => {
    state = { ...state, transport: transport.name, paused: paused !== null, ...change };
    events.emit("state", state);
  };
  const is = (...phases: readonly Phase[]) => phases.includes(state.phase);

  const silence = () => transport.quiet + heartbeat * patience;

  const drop = () => {
    generation++;
    stream?.close();
    stream = null;
    cancel("watchdog", "retry", "flush", "rest");
  };

  const send = (message: ClientMessage): boolean => stream?.send(message) ?? false;

  const post: Send = (message) => {
    const id = nextId++;
    return send({ ...message, id } as ClientMessage) ? id : null;
  };

  // --- opening ---------------------------------------------------------------------------------

  const open = () => {
    drop();
    const mine = generation;
    heard = false;
    greeted = false;
    sentPause = false;
    const request = subscriptions.open(transport.duplex, transport.queryLimit);

    if (!quiet) set({ ...closed, phase: "connecting" });
    after("watchdog", firstWord, () => lost({ ...silent, reason: "no answer" }, strikesOut));
    stream = transport.open(request, {
      message(message, position) {
        if (mine !== generation) return;
        // A server that is full or restarting says only that: nothing has been found again.
        if (heard || message.type !== "error") hear();
        if (message.type === "hello") {
          heartbeat = message.heartbeat_ms || heartbeat;
          subscriptions.greet(message.epoch, greeted, post);
          greeted = true;
        }
        events.emit("message", message);
        if (mine === generation && subscriptions.take(message, position)) sync();
      },
      closed(closing) {
        if (mine === generation) lost(closing, 1);
      },
    });
  };

  const hear = () => {
    lastHeard = now();
    if (!heard) {
      heard = true;
      firstHeard = lastHeard;
      strikes = 0;
      proven.add(transport);
      quiet = false;
      set({ phase: "open", lostAt: null, reason: "" });
    }
    after("watchdog", silence(), () => lost(silent, 0));
  };

  const sync = () => {
    events.emit("synced", { resumed: subscriptions.resumed });
    set({ synced: true });
    flush();
    syncPause();
  };

  // --- losing it -------------------------------------------------------------------------------

  const lost = (closing: Closing, weight: number) => {
    const { code, within, after: atLeast = 0 } = closing;
    const served = heard ? now() - firstHeard : 0;
    drop();
    quiet = false;
    const end = (change: Partial<ConnectionState>) =>
      set({
        ...closed,
        lostAt: state.lostAt ?? (proven.size > 0 ? now() : null),
        reason: closing.reason,
        ...change,
      });
    const retry = () => {
      if (!online()) return end({ phase: "offline" });
      const delay = atLeast + (within === undefined ? backoff.next(served) : random() * within);
      end({ phase: "waiting", retryAt: now() + delay });
      after("retry", delay, open);
    };

    if (!closing.comeBack) return end({ phase: "stopped" });
    if (paused) return end({ phase: "resting" }); // nobody looks: come back on resume
    // A server that said when to come back is there, and not blocked.
    if (!heard && within === undefined && !atLeast && !farewells.has(code)) strikes += weight;
    if (strikes < strikesOut || !blocked) return retry();

    end({ phase: "connecting" });
    const mine = generation;
    void blocked(transport, proven.has(transport)).then((next) => {
      if (mine !== generation) return;
      if (!next) retry();
      else if (next === transport) open();
      else {
        backoff.reset();
        const from = transport.name;
        use(next);
        events.emit("fallback", { from, to: next.name });
      }
    });
  };

  /** From now on another transport; the stream is opened anew without a word where it was well. */
  const use = (next: Transport) => {
    transport = next;
    strikes = 0;
    if (is("idle", "resting", "stopped")) return set({});
    quiet = is("open");
    open();
  };

  // --- subscriptions ---------------------------------------------------------------------------

  /** Brings the server's idea of the subscriptions in line with ours. */
  const flush = () => {
    if (!stream || !heard || subscriptions.starting || !subscriptions.stale) return; // `sync` comes back here
    if (!transport.duplex) {
      quiet = is("open");
      open();
      return;
    }
    // Where the line is full, it may be another set by then.
    if (stream.buffered() <= backlogLimit) subscriptions.flush(post);
    if (subscriptions.stale) scheduleFlush(200);
  };

  // One message for everything that is asked for in one turn; streams that must be opened anew
  // wait for the next click, too.
  const scheduleFlush = (ms = transport.duplex ? 0 : 80) => {
    if (heard) after("flush", ms, flush);
  };

  // --- pausing ---------------------------------------------------------------------------------

  const syncPause = () => {
    const pause = paused !== null;
    if (pause === sentPause || !stream || !state.synced) return;
    if (transport.duplex) {
      if (post({ type: pause ? "pause" : "resume" }) !== null) sentPause = pause;
    } else if (pause) {
      rest();
    }
  };

  const rest = () => {
    drop();
    set({ ...closed, phase: "resting" });
  };

  /** Something happened that is worth another look: the network is back, the page is shown again. */
  const wake = () => {
    if (paused) return;
    if (is("waiting", "offline")) open();
    else if (is("open") && now() - lastHeard > silence()) lost(silent, 0);
  };

  return {
    /** Used by its own client only, unless it is shared. */
    role: "alone" as Role,

    connect(): void {
      if (stream) return;
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
      uses = createLookup(next);
      scheduleFlush();
      if (next.paused === paused) return;
      const was = paused;
      paused = next.paused;
      if (paused === "hidden") after("rest", restAfter, rest);
      else cancel("rest");
      if (!was === !paused || is("idle", "stopped")) return;
      if (paused && is("waiting", "offline")) rest();
      else if (is("resting")) {
        quiet = false;
        backoff.reset();
        open();
      } else {
        set({});
        syncPause();
        wake();
      }
    },

    use,

    /** From now on bars and trades are followed as well. */
    carry(ledger: SeriesLedger): void {
      subscriptions.carry(ledger);
      scheduleFlush();
    },

    /** Takes up what another connection has been told, before `connect`. */
    adopt: subscriptions.adopt,

    /** How long the server may be silent before it is taken for gone, in ms. */
    silence,

    /** Asks for a `pong` with the id that it returns; null when it could not be sent. */
    ping: (): number | null => post({ type: "ping" }),

    wake,

    networkChanged(): void {
      events.emit("network", null);
      wake();
    },

    /** Gives up waiting and tries now, after `stopped` as well. */
    retryNow(): void {
      if (is("waiting", "offline", "stopped")) open();
    },

    disconnect(): void {
      drop();
      quiet = false;
      set({ ...closed, phase: "idle" });
    },

    get state(): ConnectionState {
      return state;
    },

    get wanted(): Want {
      return subscriptions.wanted;
    },

    get uses(): Lookup {
      return uses;
    },

    /** The round trip to the server, in milliseconds; null while nobody has measured it. */
    latency: null as number | null,

    /** Where a new connection would take up the stream; null when it would start over. */
    get position(): string | null {
      return subscriptions.position && formatPosition(subscriptions.position);
    },
  };
}

export type Connection = ReturnType<typeof createConnection>;

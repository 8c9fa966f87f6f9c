import { createEmitter } from "../emitter.ts";
import { createLookup, type Want, wantsNothing } from "../interest/want.ts";
import type { ClientMessage, ServerMessage } from "../protocol/messages.ts";
import type { ConnectionState, FallbackChange, Phase, Role, Synced } from "../state.ts";
import type { Closing } from "../transport/closing.ts";
import type { Stream, Transport } from "../transport/transport.ts";
import { longestDelay } from "./backoff.ts";
import { createSubscriptions, type Send, type SeriesSubscriptions } from "./subscriptions.ts";

export interface ConnectionEvents {
  readonly message: ServerMessage;
  readonly state: ConnectionState;
  /** All that is followed has been told; `resumed` when only what had changed was. */
  readonly synced: Synced;
  readonly fallback: FallbackChange;
  /** The network changed: what was blocked before may not be now. */
  readonly network: null;
}

export interface ConnectionOptions {
  /** What it uses until it is told to use another. */
  readonly transport: Transport;
  /**
   * Asked when a transport has not said a word twice, and whether it is the one that worked last: what to use at once,
   * or null to wait for this one.
   */
  readonly blocked: (transport: Transport, proven: boolean) => Promise<Transport | null>;
  readonly online: () => boolean;
  readonly now: () => number;
  readonly random: () => number;
}

const farewells: readonly number[] = [1001, 1012, 1013]; // going away, restarting, full
const strikesOut = 2;
const firstWord = 5000; // ms for a stream to say anything; healthy ones take a round trip or two
const patience = 2.5; // heartbeats
const healthy = 10_000; // ms that a connection must last for its troubles to be forgotten: a server that accepts and drops must not be hammered
const restAfter = 300_000; // a hidden page gives its socket back after five minutes
const backlogLimit = 65_536;

const silent: Closing = { reason: "no heartbeat" };

/**
 * One connection to the server, whatever it takes: it notices silence, comes back with full-jitter delays from
 * where it left off, and keeps the subscriptions.
 */
export function createConnection(options: ConnectionOptions) {
  const { blocked, now, random, online } = options;
  const events = createEmitter<ConnectionEvents>();

  const subscriptions = createSubscriptions();
  let wanted = wantsNothing;
  let uses = createLookup(wanted);

  // The stream. Everything it says is dropped once `generation` has moved on.
  let generation = 0;
  let stream: Stream | null = null;
  let firstHeard = 0; // 0 before its first word
  let lastHeard = 0;
  let heartbeat = 5000;
  let sentPause = false;

  let lastId = 0; // below it, so that they are nobody else's

  // The transport, and whether it works.
  let { transport } = options;
  let strikes = 0;
  let failures = 0;
  let proven: Transport | null = null; // the one that worked last

  let state: ConnectionState = {
    phase: "idle",
    transport: transport.name,
    synced: false,
    paused: false,
    retryAt: null,
    lostAt: null,
    reason: "",
  };

  // line: until a stream is taken for dead or, where there is none, until the next.
  const timers: { [name in "line" | "flush" | "rest"]?: ReturnType<typeof setTimeout> } = {};
  const after = (name: keyof typeof timers, ms: number, run: () => void) => {
    clearTimeout(timers[name]);
    timers[name] = setTimeout(run, ms);
  };

  const set = (phase: Phase, change: Partial<ConnectionState> = {}) => {
    state = {
      ...state,
      synced: state.synced && phase === "open",
      retryAt: null,
      phase,
      transport: transport.name,
      paused: wanted.paused,
      ...change,
    };
    events.emit("state", state);
  };
  const is = (...phases: readonly Phase[]) => phases.includes(state.phase);

  const silence = () => transport.quiet + heartbeat * patience;

  /** Gives the stream up; what it is now may be nobody's business. */
  const drop = () => {
    generation++;
    stream?.close();
    stream = null;
    firstHeard = 0;
    for (const timer of Object.values(timers)) clearTimeout(timer);
  };
  const end = (phase: Phase) => {
    drop();
    set(phase);
  };

  const send = (message: ClientMessage): boolean => stream?.send(message) ?? false;

  const post: Send = (message) => {
    const id = --lastId;
    return send({ ...message, id } as ClientMessage) ? id : null;
  };

  // --- opening ---------------------------------------------------------------------------------

  /** Quietly: a planned change of streams is nobody's business. */
  const open = (quietly = false) => {
    drop();
    const mine = generation;
    sentPause = false;
    if (!quietly) set("connecting");
    after("line", firstWord, () => lost(silent, strikesOut));
    stream = transport.open(subscriptions.open(transport.duplex), {
      message(message, position) {
        if (mine !== generation) return;
        // A server that is full or restarting says only that: nothing has been found again.
        if (firstHeard || message.type !== "error") hear();
        if (message.type === "hello") {
          heartbeat = message.heartbeat_ms || heartbeat;
          // Another run of the server, found by a poll or a stream that was opened anew: it has yet to tell its state.
          if (state.synced && message.epoch !== subscriptions.epoch) set("open", { synced: false });
        }
        events.emit("message", message);
        if (mine !== generation) return;
        const synced = subscriptions.take(message, position, post);
        if (!synced) return;
        events.emit("synced", synced);
        set("open", { synced: true });
        flush();
        syncPause();
      },
      closed(closing) {
        if (mine === generation) lost(closing, 1);
      },
    });
    scheduleRest();
  };

  const hear = () => {
    lastHeard = now();
    if (!firstHeard) {
      firstHeard = lastHeard;
      strikes = 0;
      proven = transport;
      set("open", { lostAt: null, reason: "" });
      scheduleFlush(); // of what was wanted since it opened
    }
    after("line", silence(), () => lost(silent, 0));
  };

  // --- losing it -------------------------------------------------------------------------------

  const lost = ({ code = 0, reason, comeBack = true, within, after: atLeast = 0 }: Closing, weight: number) => {
    const spoke = firstHeard > 0;
    if (spoke && now() - firstHeard >= healthy) failures = 0;
    drop();
    const ended = (phase: Phase, retryAt: number | null = null) =>
      set(phase, { reason, retryAt, lostAt: state.lostAt ?? (proven && now()) });
    const retry = () => {
      if (!online()) return ended("offline");
      const delay = atLeast + random() * (within ?? longestDelay(failures++));
      ended("waiting", now() + delay);
      after("line", delay, open);
    };

    if (!comeBack) return ended("stopped");
    if (wanted.paused) return ended("resting"); // nobody looks: come back on resume
    // A server that said when to come back is there, and not blocked.
    if (!spoke && within === undefined && !atLeast && !farewells.includes(code)) strikes += weight;
    if (strikes < strikesOut) return retry();

    ended("connecting");
    const mine = generation;
    void blocked(transport, proven === transport).then((next) => {
      if (mine !== generation) return;
      if (!next) retry();
      else if (next === transport) open();
      else {
        failures = 0;
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
    if (is("idle", "resting", "stopped")) set(state.phase);
    else open(is("open"));
  };

  // --- subscriptions ---------------------------------------------------------------------------

  /** Brings the server's idea of the subscriptions in line with ours; what the line does not take now, soon. */
  const flush = () => {
    if (!stream || !firstHeard || !subscriptions.stale()) return; // all told, it comes back here
    if (!transport.duplex || subscriptions.tangled) return open(is("open"));
    // Where the line is full, it may be another set by then.
    if (stream.buffered() <= backlogLimit) subscriptions.flush(post);
    after("flush", 200, flush);
  };

  // One message for everything that is asked for in one turn; streams that must be opened anew
  // wait for the next click, too.
  const scheduleFlush = () => {
    if (firstHeard) after("flush", transport.duplex ? 0 : 80, flush);
  };

  // --- pausing ---------------------------------------------------------------------------------

  const syncPause = () => {
    const { paused } = wanted;
    if (paused === sentPause || !state.synced) return;
    if (!transport.duplex) {
      if (paused) rest();
    } else if (post({ type: paused ? "pause" : "resume" }) !== null) sentPause = paused;
  };

  const rest = () => end("resting");
  const scheduleRest = () => {
    if (stream && wanted.hidden) after("rest", restAfter, rest);
  };

  /** Something happened that is worth another look: the network is back, the page is shown again. */
  const wake = () => {
    if (wanted.paused) return;
    if (is("waiting", "offline")) open();
    else if (is("open") && now() - lastHeard > silence()) lost(silent, 0);
  };

  return {
    /** Used by its own client only, unless it is shared. */
    role: "alone" as Role,

    connect(): void {
      if (stream) return;
      failures = 0;
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
      const { paused, hidden } = next;
      const before = wanted;
      wanted = next;
      uses = createLookup(next);
      subscriptions.want(next);
      scheduleFlush();
      if (!hidden) clearTimeout(timers.rest);
      else if (!before.hidden) scheduleRest();
      if (paused === before.paused || is("idle", "stopped")) return;
      if (paused && is("waiting", "offline")) rest();
      else if (is("resting")) {
        failures = 0;
        open();
      } else {
        set(state.phase);
        syncPause();
        wake();
      }
    },

    use,

    /** From now on bars and trades are followed as well. */
    carry(ledger: SeriesSubscriptions): void {
      subscriptions.carry(ledger);
      scheduleFlush();
    },

    /** Takes up what another connection has been told, before `connect`. */
    adopt: subscriptions.adopt,

    /** How long the server may be silent before it is taken for gone, in ms. */
    silence,

    wake,

    networkChanged(): void {
      events.emit("network", null);
      wake();
    },

    /** Gives up waiting and tries now, after `stopped` as well. */
    retryNow(): void {
      if (is("waiting", "offline", "stopped")) open();
    },

    disconnect: (): void => end("idle"),

    get state(): ConnectionState {
      return state;
    },

    get wanted(): Want {
      return wanted;
    },

    uses: (key: string): boolean => uses(key),

    /** Where a new connection would take up the stream; null when it would start over. */
    get position(): string | null {
      return subscriptions.position;
    },
  };
}

export type Connection = ReturnType<typeof createConnection>;

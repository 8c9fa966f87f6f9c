/**
 * connection/ is one connection to the server, whatever stream it has just now: it notices silence, comes back with
 * delays of full jitter from where it left off, and keeps the subscriptions. This file puts its parts together: the
 * stream, the retry, the rest of a page that is hidden, the subscriptions and their flush. Which transport comes
 * next when one is blocked is decided in fallback/.
 */

import { createEmitter, type Emitter } from "../emitter.ts";
import { createLookup, type Lookup, type Want, wantsNothing } from "../interest/want.ts";
import type { ClientMessage, ServerMessage } from "../protocol/messages.ts";
import type { ClientState, ConnectionEvents, Phase } from "../state.ts";
import type { Closing } from "../transport/closing.ts";
import type { Stream, Transport } from "../transport/transport.ts";
import type { Send } from "./flush.ts";
import { longestDelay } from "./retry.ts";
import { createSubscriptions, type SeriesSubscriptions } from "./subscriptions.ts";

/** The options of a connection. */
export interface ConnectionOptions {
  /** The transport in use until `use` is called. */
  readonly transport: Transport;
  /**
   * Asked when a transport seems to be blocked, and whether it is the last that worked: which transport to use at once,
   * or null to try this one again after a delay.
   */
  readonly blocked: (transport: Transport, proven: boolean) => Promise<Transport | null>;
  readonly online: () => boolean;
  readonly now: () => number;
  /** From 0 up to and without 1. */
  readonly random: () => number;
}

/** One connection to a server. It is used by one client or, where tabs share it, by the leader of the tabs. */
export interface Connection {
  state(): ClientState;
  /** What is to be followed. */
  wanted(): Want;
  /** Where a new stream would resume, EPOCH-SEQ; null when it would start over. */
  position(): string | null;
  /** Whether a symbol or a series, by its key, is to be followed. */
  readonly uses: Lookup;
  readonly on: Emitter<ConnectionEvents>["on"];
  connect(): void;
  /** Closes the stream. `connect` takes it up again. */
  disconnect(): void;
  /** What is to be followed from now on. A pause with `hidden` closes the stream after a while. */
  want(want: Want): void;
  /** False when the message could not be sent. Nothing is queued: it would be old by then. */
  send(message: ClientMessage): boolean;
  /** Uses another transport from now on. A stream that is open is opened anew without an event. */
  use(transport: Transport): void;
  /** Follows bars and trades as well from now on. */
  addSeries(series: SeriesSubscriptions): void;
  /** Resumes at a position that another connection has reached for these symbols. To be called before `connect`. */
  resumeFrom(position: string, symbols: Iterable<string>): void;
  /** How long the server may be silent before the stream is taken for dead, in ms. */
  silence(): number;
  /** Tries again, or looks at the stream, since something happened: the network is back, the page is shown again. */
  wake(): void;
  /** The same, after a change of the network. */
  networkChanged(): void;
  /** Tries again at once, also in the phase `stopped`. */
  retryNow(): void;
}

const strikesOut = 2; // streams that end without a message before the transport seems blocked
const firstMessage = 5000; // ms for a stream to send anything; a healthy one takes a round trip or two
const heartbeatsMissed = 2.5;
const healthy = 10_000; // ms that a stream must last for the backoff to start over: a server may accept and drop
const restAfter = 300_000; // ms: a hidden page gives its stream back after five minutes
const backlogLimit = 65_536; // bytes that may wait in a socket before more is sent
const checkEvery = 200; // ms, while not all that has changed has been sent
const goingAway: readonly number[] = [1001, 1012, 1013]; // close codes: going away, restarting, full

const silent: Closing = { reason: "no heartbeat" };

/** Makes a connection, which does nothing before `connect`. */
export function createConnection(options: ConnectionOptions): Connection {
  const { blocked, now, random, online } = options;
  const events = createEmitter<ConnectionEvents>();

  const subscriptions = createSubscriptions();
  let wanted = wantsNothing;
  let uses = createLookup(wanted);
  let pauseSent = false;

  // The stream. Whatever it still calls is ignored once `generation` has moved on.
  let generation = 0;
  let stream: Stream | null = null;
  let firstAt = 0; // when its first message came; 0 before
  let lastAt = 0;
  let heartbeat = 5000;
  let lastId = 0;

  // The transport, and whether it works.
  let { transport } = options;
  let strikes = 0;
  let failures = 0;
  let proven: Transport | null = null; // the last that worked

  let state: ClientState = {
    phase: "idle",
    transport: transport.name,
    synced: false,
    paused: false,
    retryAt: null,
    lostAt: null,
    reason: "",
    role: "alone",
  };

  // next: until a stream is taken for dead or, where there is none, until the next attempt.
  const timers: { [name in "next" | "flush" | "rest"]?: ReturnType<typeof setTimeout> } = {};
  const after = (name: keyof typeof timers, ms: number, run: () => void) => {
    clearTimeout(timers[name]);
    timers[name] = setTimeout(run, ms);
  };

  const is = (...phases: readonly Phase[]) => phases.includes(state.phase);
  const set = (phase: Phase, change: Partial<ClientState> = {}) => {
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

  const silence = () => transport.quiet + heartbeat * heartbeatsMissed;

  /** Closes the stream and ends whatever is planned, without an event. */
  const drop = () => {
    generation++;
    stream?.close();
    stream = null;
    firstAt = 0;
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

  // --- opening -----------------------------------------------------------------------------------

  /** Opens a stream in place of the present one. Where `quietly`, the state stays `open` meanwhile. */
  const open = (quietly = false) => {
    drop();
    const mine = generation;
    pauseSent = false;
    if (!quietly) set("connecting");
    if (mine !== generation) return; // a listener has disconnected
    after("next", firstMessage, () => lost(silent, strikesOut));
    stream = transport.open(subscriptions.open(transport.duplex), {
      message(message, position) {
        if (mine === generation) receive(message, position);
      },
      closed(closing) {
        if (mine === generation) lost(closing, 1);
      },
    });
    scheduleRest();
  };

  const receive = (message: ServerMessage, position?: string) => {
    if (message.type === "hello") heartbeat = message.heartbeat_ms || heartbeat;
    // An error may be all that a full or restarting server sends: that is no connection.
    if (firstAt || message.type !== "error") hear();
    // Another run of the server, found by a poll or by a stream that was opened anew: its snapshot is still to come.
    if (message.type === "hello" && state.synced && message.epoch !== subscriptions.epoch()) {
      set("open", { synced: false });
    }
    events.emit("message", message);
    if (!is("open")) return; // a listener has ended it
    const synced = subscriptions.apply(message, position, post);
    if (!synced) return;
    events.emit("synced", synced);
    set("open", { synced: true });
    flush();
    syncPause();
  };

  const hear = () => {
    lastAt = now();
    after("next", silence(), () => lost(silent, 0));
    if (!firstAt) {
      firstAt = lastAt;
      strikes = 0;
      proven = transport;
      scheduleFlush(); // of what has been wanted since it was opened
      set("open", { lostAt: null, reason: "" });
    }
  };

  // --- losing ------------------------------------------------------------------------------------

  const lost = ({ code = 0, reason, comeBack = true, within, after: atLeast = 0 }: Closing, weight: number) => {
    const sent = firstAt > 0;
    if (sent && now() - firstAt >= healthy) failures = 0;
    drop();
    const ended = (phase: Phase, retryAt: number | null = null) =>
      set(phase, { reason, retryAt, lostAt: state.lostAt ?? (proven && now()) });
    const retry = () => {
      if (!online()) return ended("offline");
      const delay = atLeast + random() * (within ?? longestDelay(failures++));
      ended("waiting", now() + delay);
      after("next", delay, open);
    };

    if (!comeBack) return ended("stopped");
    if (wanted.paused) return ended("resting"); // until `resume`
    // A server that says when to come back has been reached, so its transport is not blocked.
    if (!sent && within === undefined && !atLeast && !goingAway.includes(code)) strikes += weight;
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

  const use = (next: Transport) => {
    transport = next;
    strikes = 0;
    if (is("idle", "resting", "stopped")) set(state.phase);
    else open(is("open"));
  };

  // --- subscriptions -----------------------------------------------------------------------------

  /** Sends what has changed of what is wanted. While the socket is full it waits: that may be another set by then. */
  const flush = () => {
    if (!stream || !firstAt) return;
    const anew = !transport.duplex || subscriptions.ambiguous();
    const waits = anew || stream.buffered() > backlogLimit;
    if (!subscriptions.flush(waits ? () => null : post)) return;
    if (anew) open(is("open"));
    else after("flush", checkEvery, flush);
  };
  /** One message for all changes of one turn. A stream that must be opened anew waits for more of them. */
  const scheduleFlush = () => {
    if (firstAt) after("flush", transport.duplex ? 0 : 80, flush);
  };

  // --- pausing -----------------------------------------------------------------------------------

  const rest = () => end("resting");
  const scheduleRest = () => {
    if (stream && wanted.hidden) after("rest", restAfter, rest);
  };
  /** Sends `pause` or `resume` where the server does not know; a stream that cannot be sent to is closed instead. */
  const syncPause = () => {
    const { paused } = wanted;
    if (paused === pauseSent || !state.synced) return;
    if (!transport.duplex) {
      if (paused) rest();
    } else if (post({ type: paused ? "pause" : "resume" }) !== null) pauseSent = paused;
  };

  const wake = () => {
    if (wanted.paused) return;
    if (is("waiting", "offline")) open();
    else if (is("open") && now() - lastAt > silence()) lost(silent, 0);
  };

  return {
    on: events.on,
    send,
    use,
    silence,
    wake,
    state: () => state,
    wanted: () => wanted,
    uses: (key) => uses(key),
    position: subscriptions.position,
    resumeFrom: subscriptions.resumeFrom,
    connect() {
      if (stream) return;
      failures = 0;
      open();
    },
    disconnect: () => end("idle"),
    want(next) {
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
    addSeries(series) {
      subscriptions.addSeries(series);
      scheduleFlush();
    },
    networkChanged() {
      events.emit("network", null);
      wake();
    },
    retryNow() {
      if (is("waiting", "offline", "stopped")) open();
    },
  };
}

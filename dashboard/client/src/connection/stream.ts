import { createEmitter } from "../emitter.ts";
import type { ClientMessage, ServerMessage } from "../protocol/messages.ts";
import type { ClientState, ConnectionEvents, Phase } from "../state.ts";
import type { Closing } from "../transport/closing.ts";
import type { Stream, StreamRequest, Transport } from "../transport/transport.ts";
import { longestDelay } from "./retry.ts";

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

/** What the streams of a connection call. */
export interface StreamUser {
  /** Whether nothing is to be received for now. A stream that is lost meanwhile is not opened again. */
  paused(): boolean;
  /** A stream opens: what to ask it for. `failed`: the last one ended before its first message. */
  open(duplex: boolean, failed: boolean): StreamRequest;
  /** A stream was refused since it asked for too much. */
  refused(): void;
  /** Reads a message; null for what is none. */
  read(value: unknown): ServerMessage | null;
  /** The stream has sent its first message, and messages can be sent. */
  opened(): void;
  /** A message has come. `position` is the resume position after it, from transports that send one. */
  message(message: ServerMessage, position?: string): void;
}

const strikesOut = 2; // streams that end without a message before the transport seems blocked
const firstMessageWithin = 5000; // ms for a stream to send anything; a healthy one takes a round trip or two
const heartbeatsMissed = 2.5;
const healthy = 10_000; // ms that a stream must last for the backoff to start over: a server may accept and drop

/**
 * The streams of a connection, one at a time. A stream that is lost or silent is opened again after a delay, or at once
 * with another transport where this one is blocked. For the connection.
 */
export function createStream(options: ConnectionOptions, user: StreamUser) {
  const events = createEmitter<ConnectionEvents>();

  let stream: Stream | null = null;
  let generation = 0; // counts the streams. Whatever an earlier one still calls is ignored
  let firstAt = 0; // when its first message came; 0 before
  let lastAt = 0;
  let heartbeat = 5000;

  // The transport, and whether it works.
  let { transport } = options;
  let strikes = 0;
  let failures = 0;
  let proven: Transport | null = null; // the last that worked

  let state = { lostAt: null, reason: "", role: "alone" } as ClientState; // the rest is set below
  const is = (...phases: readonly Phase[]) => phases.includes(state.phase);
  const set = (phase: Phase, change: Partial<ClientState> = {}) => {
    const synced = phase === "open" && state.synced;
    state = { ...state, synced, retryAt: null, phase, transport: transport.name, paused: user.paused(), ...change };
    events.emit("state", state);
  };
  set("idle");

  // next: until a stream is taken for dead or, where there is none, until the next attempt.
  const timers: { [name in "next" | "flush" | "rest" | "pause"]?: ReturnType<typeof setTimeout> } = {};
  const after = (name: keyof typeof timers, ms: number, run: () => void) => {
    clearTimeout(timers[name]);
    timers[name] = setTimeout(run, ms);
  };

  const silence = () => transport.quiet + heartbeat * heartbeatsMissed;
  const takeForDead = (added = 0) => lost({ reason: "no heartbeat" }, added);

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

  /** Opens a stream in place of the present one, if there is one. A state that is `open` stays so meanwhile. */
  const open = () => {
    drop();
    const mine = generation;
    if (!is("open")) set("connecting");
    if (mine !== generation) return; // a listener has disconnected
    after("next", firstMessageWithin, () => takeForDead(strikesOut));
    stream = transport.open(user.open(transport.duplex, strikes > 0), {
      message(value, position) {
        const message = mine === generation ? user.read(value) : null;
        if (!message) return null;
        if (message.type === "hello") heartbeat = message.heartbeat_ms || heartbeat;
        // An error may be all that a full or restarting server sends: that is no connection.
        if (firstAt || message.type !== "error") hear();
        if (mine !== generation) return null; // a listener has disconnected
        user.message(message, position);
        return message;
      },
      closed(closing) {
        if (mine === generation) lost(closing, 1);
      },
    });
  };
  const hear = () => {
    lastAt = options.now();
    after("next", silence(), takeForDead);
    if (firstAt) return;
    firstAt = lastAt;
    strikes = 0;
    proven = transport;
    user.opened();
    set("open", { lostAt: null, reason: "" });
  };

  /** The stream has ended. Before its first message that is `added` strikes against its transport. */
  const lost = ({ reason, comeBack = true, within, after: atLeast = 0, tooMuch }: Closing, added: number) => {
    const sent = firstAt > 0;
    if (tooMuch) user.refused();
    if (sent && options.now() - firstAt >= healthy) failures = 0;
    drop();
    const ended = (phase: Phase, retryAt: number | null = null) =>
      set(phase, { reason, retryAt, lostAt: state.lostAt ?? (proven && options.now()) });
    const retry = () => {
      // A browser that says it is offline may reach a server on this machine all the same.
      const delay = atLeast + options.random() * (within ?? longestDelay(failures++));
      ended(options.online() ? "waiting" : "offline", options.now() + delay);
      after("next", delay, open);
    };

    if (!comeBack) return ended("stopped");
    if (user.paused()) return ended("resting"); // until `resume`
    // A server that says when to come back has been reached, so its transport is not blocked.
    if (!sent && within === undefined && !atLeast && !tooMuch) strikes += added;
    if (strikes < strikesOut) return retry();

    ended("connecting");
    const mine = generation;
    void options.blocked(transport, proven === transport).then((next) => {
      if (mine !== generation) return;
      if (!next) return retry();
      if (next === transport) return open();
      failures = 0;
      const from = transport.name;
      use(next);
      events.emit("fallback", { from, to: next.name });
    });
  };

  const use = (next: Transport) => {
    transport = next;
    strikes = 0;
    if (is("idle", "resting", "stopped")) set(state.phase);
    else open();
  };

  /** Tries again, or takes a stream for dead that is silent: timers do not run while a machine sleeps. */
  const wake = () => {
    if (user.paused()) return;
    if (is("waiting", "offline")) open();
    else if (is("open") && options.now() - lastAt > silence()) takeForDead();
  };

  return {
    ...events,
    is,
    set,
    end,
    after,
    open,
    use,
    wake,
    silence,
    state: () => state,
    send: (message: ClientMessage): boolean => stream?.send(message) ?? false,
    /** Bytes that wait to be sent; null before the first message has come. */
    buffered: () => (firstAt && stream ? stream.buffered() : null),
    connect(): void {
      if (stream) return;
      failures = 0;
      open();
    },
  };
}

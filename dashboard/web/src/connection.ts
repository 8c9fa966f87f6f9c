import { type Backoff, createBackoff } from "./backoff.ts";
import { createEmitter } from "./emitter.ts";
import type { Memory } from "./memory.ts";
import type { ServerMessage } from "./protocol.ts";
import { type ClientMessage, formatPosition, type MessageOf, type MessageType, type Position } from "./protocol.ts";
import { type Closing, type Stream, streamQuery, type Transport, type TransportName } from "./transport.ts";

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
  readonly state: ConnectionState;
  /** All that is followed has been told; `resumed` when only what had changed was. */
  readonly synced: { readonly resumed: boolean };
  readonly fallback: { readonly from: TransportName; readonly to: TransportName };
};

export interface ConnectionOptions {
  readonly transports: Readonly<Record<TransportName, Transport>>;
  /** Whether the server answers a plain request: tells a blocked transport from a server that is away. */
  readonly reachable: () => Promise<boolean>;
  readonly memory?: Memory;
  /** Use this transport and no other. */
  readonly only?: TransportName;
  readonly online?: () => boolean;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly backoff?: Backoff;
}

const ladder: readonly TransportName[] = ["websocket", "sse", "poll"];

const farewells: ReadonlySet<number> = new Set([1001, 1012, 1013]); // going away, restarting, full
const strikesOut = 2;
const firstWord = 5000; // ms for a stream to say anything; healthy ones take a round trip or two
const defaultHeartbeat = 5000;
const patience = 2.5; // heartbeats
const fallbackLasts = 600_000;
const restAfter = 300_000; // a hidden page gives its socket back after five minutes
const messageLimit = 3000; // bytes of one subscribe message; servers take at least 4 KiB
const backlogLimit = 65_536;

type PauseReason = "user" | "hidden";

/**
 * One connection to the server, whatever it takes: it picks the best transport that works,
 * notices silence, comes back with full-jitter delays from where it left off, and keeps the
 * subscriptions. It is an event emitter with every message type as an event.
 */
export function createConnection(options: ConnectionOptions) {
  const { transports, reachable, memory, only, now = Date.now, random = Math.random, online = () => true } = options;
  const backoff = options.backoff ?? createBackoff({ random });
  const events = createEmitter<ConnectionEvents>();

  // What the user of this object wants.
  const wanted = new Set<string>();
  const pauses = new Set<PauseReason>();

  // The stream. Everything it says is dropped once `generation` has moved on.
  let generation = 0;
  let stream: Stream | null = null;
  let transport: TransportName = only ?? "websocket";
  let heard = false;
  let greeted = false;
  let firstHeard = 0;
  let lastHeard = 0;
  let heartbeat = defaultHeartbeat;
  let sentPause = false;

  // Subscriptions as the server knows them, and whether our position speaks for them.
  let epoch = "";
  let position: Position | null = null;
  let told = new Set<string>();
  const settled = new Set<string>();
  let nextId = 1;
  let initial = 0; // snapshots of the start that are still to come
  let initialSeq = Number.POSITIVE_INFINITY;
  let initialResumed = true;
  const asked = new Map<number, readonly string[]>();
  const answered: (readonly string[])[] = [];

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
    state = { ...state, transport, paused: pauses.size > 0, ...change };
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
    asked.clear();
    answered.length = 0;

    const symbols = [...wanted];
    const resumable = position !== null && symbols.every((symbol) => settled.has(symbol));
    const since = resumable && position ? formatPosition(position) : null;
    const fits = !wire.duplex || streamQuery({ symbols, since }).length <= wire.queryLimit;
    const request = fits ? { symbols, since } : { symbols: [], since: null };

    told = new Set(request.symbols);
    initialSeq = Number.POSITIVE_INFINITY;
    initialResumed = true;
    const parts = fits ? [] : chunk(symbols);
    initial = fits ? Math.min(symbols.length, 1) : parts.length;

    if (!quiet) set({ phase: "connecting", synced: false, retryAt: null });
    after("watchdog", firstWord, () => lost({ code: 1006, reason: "no answer", comeBack: true }, strikesOut));
    stream = wire.open(request, {
      message: (message) => {
        if (mine !== generation) return;
        // A server that is full or restarting says only that: nothing has been found again.
        if (heard || message.type !== "error") hear();
        if (message.type === "hello") {
          greet(message);
          for (const part of parts) {
            if (ask(part, since)) for (const symbol of part) told.add(symbol);
          }
        }
        dispatch(message);
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
    epoch = hello.epoch;
    if (position && position.epoch !== epoch) position = null;
    if (hello.heartbeat_ms !== undefined && hello.heartbeat_ms > 0) heartbeat = hello.heartbeat_ms;
    if (greeted && told.size > 0) {
      // A poll found another run of the server: it starts over without closing.
      initial = 1;
      initialSeq = Number.POSITIVE_INFINITY;
      initialResumed = true;
    }
    greeted = true;
  };

  // --- messages --------------------------------------------------------------------------------

  const dispatch = (message: ServerMessage) => {
    // The name and the message are of one type by construction; the compiler cannot see it.
    events.emit(message.type, message as never);
    switch (message.type) {
      case "hello":
        if (initial === 0) sync();
        break;
      case "subscribed": {
        const symbols = message.id === undefined ? undefined : asked.get(message.id);
        if (message.id !== undefined) asked.delete(message.id);
        if (symbols && initial === 0) {
          answered.push(symbols); // the snapshot of what was added follows
        }
        break;
      }
      case "snapshot":
        if (message.more) break;
        if (initial > 0) {
          initialSeq = Math.min(initialSeq, message.seq);
          initialResumed &&= message.resumed === true;
          if (--initial === 0) {
            advance(initialSeq);
            settle(told);
            sync();
          }
        } else if (message.resumed) {
          advance(message.seq); // after a pause, or the answer to a poll: speaks for everything
        } else {
          // Speaks for the symbols that were added only, so the position stays where it is.
          settle(answered.shift() ?? []);
        }
        break;
      case "update":
        if (!message.more && initial === 0) advance(message.seq);
        break;
      case "error": {
        const symbols = message.id === undefined ? undefined : asked.get(message.id);
        if (message.id !== undefined && symbols) {
          asked.delete(message.id);
          settle(symbols); // refused: there will be no snapshot to wait for
          if (initial > 0 && --initial === 0) sync();
        }
        break;
      }
      default:
    }
  };

  const advance = (seq: number) => {
    if (!Number.isFinite(seq)) return;
    position = { epoch, seq: position?.epoch === epoch ? Math.max(position.seq, seq) : seq };
  };

  const settle = (symbols: Iterable<string>) => {
    for (const symbol of symbols) if (wanted.has(symbol)) settled.add(symbol);
  };

  const sync = () => {
    events.emit("synced", { resumed: initialResumed });
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
    if (pauses.size > 0) {
      set({ ...loss, phase: "resting", retryAt: null }); // nobody looks: come back on resume
      return;
    }
    // A server that said when to come back is there, and not blocked.
    const turnedAway = closing.within !== undefined || closing.after !== undefined;
    if (!heard && !turnedAway && !farewells.has(closing.code)) strikes[transport] += weight;
    const next = ladder[ladder.indexOf(transport) + 1];
    if (only === undefined && next !== undefined && strikes[transport] >= strikesOut) {
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

  /** Tries WebSocket beside the stream that works, and changes over only when it has spoken. */
  const upgrade = () => {
    if (transport === "websocket" || only !== undefined) return;
    if (state.phase !== "open" || pauses.size > 0) {
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
      transport = "websocket";
      strikes.websocket = 0;
      quiet = state.phase === "open";
      open();
    };
    const trial = transports.websocket.open(
      { symbols: [], since: null },
      { message: () => finish(true), closed: () => finish(false) },
    );
    after("trial", firstWord, () => finish(false));
  };

  // --- subscriptions ---------------------------------------------------------------------------

  const chunk = (symbols: readonly string[]): string[][] => {
    const chunks: string[][] = [];
    let size = messageLimit;
    for (const symbol of symbols) {
      const bytes = 3 * symbol.length + 3; // UTF-8 at its longest, quotes and a comma
      if (size + bytes > messageLimit) {
        chunks.push([]);
        size = 0;
      }
      chunks.at(-1)?.push(symbol);
      size += bytes;
    }
    return chunks;
  };

  const ask = (symbols: readonly string[], since: string | null): boolean => {
    const id = nextId++;
    asked.set(id, symbols);
    return send({ type: "subscribe", id, symbols, ...(since !== null && { since }) });
  };

  /** Brings the server's idea of the subscriptions in line with ours. */
  const flush = () => {
    if (!stream || !heard || initial > 0) return; // `sync` comes back here
    const added = [...wanted].filter((symbol) => !told.has(symbol));
    const removed = [...told].filter((symbol) => !wanted.has(symbol));
    if (added.length === 0 && removed.length === 0) return;
    if (!transports[transport].duplex) {
      quiet = state.phase === "open";
      open();
      return;
    }
    if (stream.buffered() > backlogLimit) {
      scheduleFlush(200); // the line is full: by then this may be another set
      return;
    }
    for (const part of chunk(removed)) {
      if (send({ type: "unsubscribe", id: nextId++, symbols: part })) for (const symbol of part) told.delete(symbol);
    }
    for (const part of chunk(added)) {
      if (ask(part, null)) for (const symbol of part) told.add(symbol);
    }
  };

  // One message for everything that is asked for in one turn; streams that must be opened anew
  // wait for the next click, too.
  const scheduleFlush = (ms = transports[transport].duplex ? 0 : 80) => {
    if (heard) after("flush", ms, flush);
  };

  // --- pausing ---------------------------------------------------------------------------------

  const syncPause = () => {
    const pause = pauses.size > 0;
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
    if (pauses.size > 0) return;
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
      if (only === undefined) {
        const remembered = memory?.load() ?? null;
        if (remembered && remembered.until > now()) {
          transport = remembered.transport;
          after("upgrade", remembered.until - now(), upgrade);
        }
      }
      backoff.reset();
      open();
    },

    on: events.on,

    /** False when it could not be sent; nothing is queued, since it would be old by then. */
    send,

    subscribe(symbols: Iterable<string>): void {
      for (const symbol of symbols) wanted.add(symbol);
      scheduleFlush();
    },

    unsubscribe(symbols: Iterable<string>): void {
      for (const symbol of symbols) {
        wanted.delete(symbol);
        settled.delete(symbol);
      }
      scheduleFlush();
    },

    /** Says nothing more until `resume`, for this reason: a hidden page, or a reader's wish. */
    pause(reason: PauseReason): void {
      if (pauses.has(reason)) return;
      pauses.add(reason);
      if (reason === "hidden") after("rest", restAfter, rest);
      if (state.phase === "waiting" || state.phase === "offline") rest();
      else if (state.phase !== "idle" && state.phase !== "stopped") {
        set({});
        syncPause();
      }
    },

    resume(reason: PauseReason): void {
      if (!pauses.delete(reason)) return;
      if (reason === "hidden") cancel("rest");
      if (pauses.size > 0 || state.phase === "idle" || state.phase === "stopped") return;
      if (state.phase === "resting") {
        quiet = false;
        backoff.reset();
        open();
      } else {
        set({});
        syncPause();
        wake();
      }
    },

    wake,

    /** The network changed: what was blocked before may not be now. */
    networkChanged(): void {
      if (only === undefined && transport !== "websocket" && state.phase !== "open") {
        memory?.save(null);
        transport = "websocket";
        strikes.websocket = 0;
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
      return position && formatPosition(position);
    },
  };
}

export type Connection = ReturnType<typeof createConnection>;

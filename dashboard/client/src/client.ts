import { createBoard, type Entry } from "./board.ts";
import { createServerClock } from "./clock.ts";
import { type ConnectionState, createConnection } from "./connection.ts";
import { createEmitter } from "./emitter.ts";
import type { Ladder } from "./ladder.ts";
import { type Line, type LineHandlers, listen, type Role } from "./line.ts";
import type { ClientMessage, MessageOf, MessageType, ServerMessage } from "./protocol.ts";
import { makeQuote, type Quote } from "./quote.ts";
import type { Bar, SeriesChange, SeriesStore, Trade } from "./series.ts";
import { changedSources, greetedSources, type SourceState } from "./sources.ts";
import type { Source } from "./sse.ts";
import { memoryKey, type Series, type TransportName } from "./transport.ts";
import { createLookup, keyOfSeries, type PauseReason, seriesKey } from "./want.ts";
import { createWebSocketTransport, type Socket } from "./websocket.ts";

export interface ClientOptions {
  /** Where the server is; in a page, the page's own base unless given. */
  readonly url?: string | URL;
  /** Use this transport and no other. */
  readonly transport?: TransportName;
  /** Updates a second at most; as often as the server flushes unless given. */
  readonly rate?: number;
  /** The keys of the wire that are wanted; all unless given. */
  readonly fields?: readonly string[];
  /** Whether the tabs of a browser use one connection; true unless given, where the browser can. */
  readonly share?: boolean;
  readonly WebSocket?: new (url: string, protocol: string) => Socket;
  readonly EventSource?: new (url: string) => Source;
  readonly fetch?: typeof fetch;
  /** Where a fallback is remembered; the tab's sessionStorage unless given. */
  readonly storage?: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** Symbols, or symbols together with bars and trades. */
export type What =
  | readonly string[]
  | {
      /** "*" is all that the server has, "#name" one of its lists. */
      readonly symbols?: readonly string[];
      /** Symbols whose bars are wanted, of the interval, "1m" unless given. */
      readonly bars?: readonly string[];
      readonly interval?: string;
      /** Bars of the history at most; all that the server keeps unless given. */
      readonly limit?: number;
      /** Symbols whose trades are wanted. */
      readonly trades?: readonly string[];
    };

export interface ClientState extends ConnectionState {
  readonly role: Role;
}

/** The events: each message of the wire by its type, and what is made of them. */
export type ClientEvents = { readonly [T in MessageType]: MessageOf<T> } & {
  /** Every message, before the event of its type. */
  readonly message: ServerMessage;
  /** Those that are other ones now, once for each message. */
  readonly quotes: readonly Quote[];
  /** Their symbols: for who asks for a quote only when it is to be shown. */
  readonly changed: readonly string[];
  readonly series: SeriesChange;
  readonly state: ClientState;
  /** All that is followed has been told; `resumed` when only what had changed was. */
  readonly synced: { readonly resumed: boolean };
  readonly fallback: { readonly from: TransportName; readonly to: TransportName };
  /** Symbols that the server does not know. */
  readonly unknown: readonly string[];
  readonly sources: readonly SourceState[];
};

/** A client of one server. Nothing happens before `connect`. */
export function createClient(options: ClientOptions = {}) {
  const page = typeof document === "object" && typeof window === "object";
  const { now = Date.now, random = Math.random, fetch = globalThis.fetch.bind(globalThis) } = options;
  // The folder: a page's own address has a query, which tabs need not have in common.
  const base = new URL(".", options.url ?? (page ? document.baseURI : "http://localhost:8080/"));
  const at = (path: string) => new URL(path, base).href;

  const events = createEmitter<ClientEvents>();
  const clock = createServerClock(now);
  let series: SeriesStore | null = null; // fetched when bars or trades are wanted
  const quotes = new Map<string, Quote>();
  const dirty = new Set<string>();

  // What is wanted.
  const symbols = new Set<string>();
  const followed = new Map<string, Series>();
  let rate = options.rate ?? null;
  let fields = options.fields ?? null;
  const pauses = new Set<PauseReason>();
  let curious = false;
  let measured = false;

  // What has been told.
  let hello: MessageOf<"hello"> | null = null;
  let seq = 0;
  let time = 0;
  let sources: readonly SourceState[] = [];
  let running = false;
  let told = 0; // when changes were told last
  let due: ReturnType<typeof setTimeout> | undefined;

  const board = createBoard({
    now,
    follows: (symbol) => line.uses.symbol(symbol),
    changed(symbol) {
      quotes.delete(symbol);
      dirty.add(symbol);
    },
  });

  let own = createLookup({ symbols: [], series: [] });
  let asking = false;

  /** Tells the line what is wanted now. */
  const ask = () => {
    asking = false;
    if (chosen) {
      line.want({
        symbols: [...symbols],
        series: series ? [...followed.values()] : [], // what is told must find its store
        rate,
        fields,
        paused: pauses.has("hidden") ? "hidden" : pauses.has("user") ? "user" : null,
        curious,
      });
      handlers.used();
    }
  };
  /** The same for all that changes in one turn: what is given up and taken up again in it is not forgotten. */
  const want = () => {
    own = createLookup({ symbols: [...symbols], series: [...followed.values()] });
    if (asking) return;
    asking = true;
    queueMicrotask(() => {
      if (asking) ask();
    });
  };

  const quote = (symbol: string): Quote | undefined => {
    if (!own.symbol(symbol)) return undefined;
    const known = quotes.get(symbol);
    if (known) return known;
    const entry = board.get(symbol);
    if (!entry) return undefined;
    const made = makeQuote(entry, running, clock.now);
    quotes.set(symbol, made);
    return made;
  };

  /** Tells what has changed; a pause keeps it back, and so does a rate that another tab has raised. */
  const tell = () => {
    if (dirty.size === 0 || pauses.size > 0) return;
    const gap = line.role !== "alone" && rate ? told + 1000 / rate - now() : 0;
    if (gap > 0) {
      due ??= setTimeout(() => {
        due = undefined;
        tell();
      }, gap);
      return;
    }
    told = now();
    const changed = [...dirty].filter(own.symbol);
    dirty.clear();
    if (changed.length === 0) return;
    events.emit("changed", changed);
    if (events.heard("quotes"))
      events.emit(
        "quotes",
        changed.flatMap((symbol) => quote(symbol) ?? []),
      );
  };

  const setSources = (next: readonly SourceState[]) => {
    sources = next;
    events.emit("sources", sources);
  };

  const take = (message: ServerMessage) => {
    if ("time" in message && message.time) {
      clock.observe(message.time);
      time = message.time;
    }
    if ("seq" in message && message.seq !== undefined) seq = message.seq;
    switch (message.type) {
      case "hello":
        hello = message;
        board.begin(message.epoch);
        setSources(greetedSources(message));
        break;
      case "snapshot":
        board.snapshot(message);
        break;
      case "update":
        board.update(message);
        break;
      case "status":
        setSources(changedSources(sources, message));
        break;
      case "bars":
      case "trades": {
        const key = keyOfSeries(message);
        const change = line.uses.series(key) && series?.take(message);
        if (change && own.series(key)) events.emit("series", change);
        break;
      }
    }
    events.emit("message", message);
    // The name and the message are of one type by construction; the compiler cannot see it.
    events.emit(message.type, message as never);
    if (message.type === "subscribed" && message.unknown) {
      const unknown = message.unknown.filter(own.symbol);
      if (unknown.length > 0) events.emit("unknown", unknown);
    }
    tell();
  };

  /** Fetches what is seldom needed, once it is. When that fails, the next wish tries again. */
  const equip = async () => {
    const { wanted } = connection;
    try {
      if (!series && followed.size + wanted.series.length > 0) {
        const { createSeriesLedger, createSeriesStore } = await import("./series.ts");
        if (series) return;
        series = createSeriesStore();
        connection.carry(createSeriesLedger());
        want();
      }
      if (!measured && wanted.curious) {
        const { measureLatency } = await import("./latency.ts");
        if (!measured) measureLatency(connection, now);
        measured = true;
      }
    } catch {}
  };

  const state = (): ClientState => ({ ...line.state, paused: pauses.size > 0, role: line.role });

  const handlers: LineHandlers = {
    message: take,
    state() {
      const next = state();
      const runs = next.phase === "open" && next.synced && !next.paused;
      if (runs !== running) {
        running = runs;
        if (next.phase !== "open") board.doubt();
        for (const symbol of board.symbols()) {
          quotes.delete(symbol);
          dirty.add(symbol);
        }
      }
      events.emit("state", next);
      tell();
    },
    synced(event) {
      void equip();
      board.settle(event.resumed);
      events.emit("synced", event);
      tell();
    },
    used() {
      void equip();
      for (const symbol of [...board.symbols()]) {
        if (!line.uses.symbol(symbol)) board.forget(symbol);
      }
      series?.keep(line.uses.series);
    },
    fallback: (event) => events.emit("fallback", event),
  };

  // --- the way to the server ---------------------------------------------------------------------

  const Socket = options.WebSocket ?? (globalThis.WebSocket as ClientOptions["WebSocket"]);
  const EventSource = options.EventSource ?? (globalThis.EventSource as ClientOptions["EventSource"]);
  const storage = () => options.storage ?? sessionStorage; // at which a browser may forbid even the look
  const best = options.transport ?? (Socket ? "websocket" : "sse");

  const websocket = createWebSocketTransport({
    url: at("ws").replace(/^http/, "ws"),
    connect(url, protocol) {
      if (!Socket) throw new Error("there is no WebSocket here: give the client one as an option");
      return new Socket(url, protocol);
    },
  });
  const connection = createConnection({
    transport: websocket,
    ...(!options.transport && {
      blocked: (...what) =>
        fallback().then(
          (ladder) => ladder.next(...what),
          () => null,
        ),
    }),
    online: () => !page || navigator.onLine,
    now,
    random,
  });

  let ladder: Ladder | null = null;
  const fallback = async () => {
    const { createFallback } = await import("./fallback.ts");
    const may = (name: TransportName) => (options.transport ? name === best : name !== "websocket" || !!Socket);
    ladder ??= createFallback(connection, { websocket, may, at, fetch, EventSource, storage, now });
    return ladder;
  };

  let line: Line = connection;
  let opening = false;
  let follow: (() => () => void) | null = null;
  let unfollow: (() => void) | null = null;

  /** Fetches what a page takes; without it, it does with a connection of its own. */
  const turnToPage = async () => {
    try {
      const { createPage } = await import("./page.ts");
      ({ line, follow } = createPage({
        name: `tickertape 1 ${base.href} ${options.transport ?? ""}`,
        share: options.share !== false,
        connection,
        handlers,
        known: () => ({ hello, seq, time, sources, board, series }),
        follower: { connect: open, disconnect, pause, resume, networkChanged, wake, jumped: clock.reset },
        connected: () => opening,
        now,
        random,
      }));
    } catch {}
    choose();
  };
  let chosen = false; // whose line it is
  const choose = () => {
    chosen = true;
    if (line === connection) listen(connection, handlers);
  };
  const ready = page ? turnToPage() : choose();

  /** Whether it begins with something else than WebSocket. */
  const low = () => {
    try {
      return best !== "websocket" || storage().getItem(memoryKey) !== null;
    } catch {
      return false;
    }
  };

  const split = (what: What): readonly [symbols: readonly string[], series: readonly Series[]] => {
    if ("length" in what) return [what, []];
    const { symbols: quoted = [], bars = [], interval = "1m", limit = null, trades = [] } = what;
    return [
      quoted,
      [
        ...bars.map((symbol) => ({ symbol, interval, limit })),
        ...trades.map((symbol) => ({ symbol, interval: null, limit: null })),
      ],
    ];
  };

  const start = () => {
    if (!opening) return;
    unfollow ??= follow?.() ?? null;
    ask();
    line.connect();
  };

  const open = () => {
    opening = true;
    if (!ready && !low()) start();
    else void prepare();
  };

  const prepare = async () => {
    await ready;
    try {
      if (!ladder && low()) connection.use((await fallback()).first());
    } catch {
      if (best !== "websocket") {
        setTimeout(() => opening && prepare(), random() * 5000); // there is no other way
        return;
      }
    }
    start();
  };

  const disconnect = () => {
    opening = false;
    clearTimeout(due);
    due = undefined;
    line.disconnect();
  };

  const networkChanged = () => line.networkChanged();
  const wake = () => line.wake();

  const pause = (reason: PauseReason = "user"): void => {
    pauses.add(reason);
    ask();
    handlers.state();
  };

  const resume = (reason: PauseReason = "user"): void => {
    if (!pauses.delete(reason)) return;
    ask();
    handlers.state();
  };

  const client = {
    connect: open,

    /** Gives the connection back; what is known stays, unconfirmed. `connect` takes it up again. */
    disconnect(): void {
      unfollow?.();
      unfollow = null;
      disconnect();
    },

    /** For good: nobody listens any more. */
    close(): void {
      client.disconnect();
      events.clear();
    },

    /** Returns what takes the listener away again. */
    on: events.on,

    subscribe(what: What): void {
      const [names, more] = split(what);
      for (const symbol of names) symbols.add(symbol);
      for (const one of more) if (!followed.has(seriesKey(one))) followed.set(seriesKey(one), one);
      void equip();
      want();
    },

    unsubscribe(what: What): void {
      const [names, more] = split(what);
      for (const symbol of names) symbols.delete(symbol);
      for (const one of more) followed.delete(seriesKey(one));
      want();
    },

    /** Updates a second at most, or null for each flush of the server. */
    setRate(next: number | null): void {
      rate = next || null;
      want();
    },

    /** The keys of the wire that are wanted, or null for all. */
    setFields(next: readonly string[] | null): void {
      fields = next;
      want();
    },

    /** Sends a message of the wire now. False when it could not be: nothing is queued, it would be old by then. */
    send: (message: ClientMessage): boolean => line.send(message),

    /** Nothing is told until `resume`, for this reason; the server is told so where nobody else listens. */
    pause,
    resume,

    quote,

    /** All that is known of what is followed. */
    *quotes(): Generator<Quote> {
      for (const symbol of board.symbols()) {
        const known = quote(symbol);
        if (known) yield known;
      }
    },

    /** The same without making a quote of it: for tables of thousands. */
    entry: (symbol: string): Entry | undefined => (own.symbol(symbol) ? board.get(symbol) : undefined),

    /** Oldest first. */
    bars: (symbol: string, interval: string): readonly Bar[] =>
      (own.series(seriesKey({ symbol, interval })) && series?.bars(symbol, interval)) || [],
    /** The newest hundred, oldest first. */
    trades: (symbol: string): readonly Trade[] =>
      (own.series(seriesKey({ symbol, interval: null })) && series?.trades(symbol)) || [],

    get state(): ClientState {
      return state();
    },
    get sources(): readonly SourceState[] {
      return sources;
    },
    /** Where another connection would take the stream up: EPOCH-SEQ. */
    get position(): string | null {
      return line.position;
    },
    /** Now by the server's clock, in milliseconds since the Unix epoch. */
    serverTime: (): number => clock.now(),

    /** The median of recent round trips, in milliseconds; null while nobody knows. It is measured from the first question on. */
    latency(): number | null {
      if (!curious) {
        curious = true;
        want();
      }
      return line.latency;
    },

    /** Gives up waiting and tries now, after a refusal as well. */
    retryNow: (): void => line.retryNow(),
    networkChanged,
    /** Something happened that is worth another look at the line. */
    wake,
  };
  return client;
}

export type Client = ReturnType<typeof createClient>;

import { createConnection } from "./connection/connection.ts";
import { type Line, type LineHandlers, listen } from "./connection/link.ts";
import { createEmitter } from "./emitter.ts";
import type { Ladder } from "./fallback/ladder.ts";
import { createLookup, type Lookup, type PauseReason, type Series, seriesKey } from "./interest/want.ts";
import type { ClientOptions, What } from "./options.ts";
import type { ClientMessage, MessageOf, MessageType, ServerMessage } from "./protocol/messages.ts";
import { createBoard, type Entry } from "./quotes/board.ts";
import { createServerClock } from "./quotes/clock.ts";
import { makeQuote, type Quote } from "./quotes/quote.ts";
import { changedSources, greetedSources, type SourceState } from "./quotes/sources.ts";
import type { Bar, SeriesChange, Trade } from "./series/model.ts";
import type { SeriesStore } from "./series/store.ts";
import type { ClientState, FallbackChange, Synced } from "./state.ts";
import { memoryKey } from "./transport/transport.ts";
import { createWebSocketTransport, type SocketClass } from "./transport/websocket.ts";

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
  readonly synced: Synced;
  readonly fallback: FallbackChange;
  /** Symbols that the server does not know. */
  readonly unknown: readonly string[];
  readonly sources: readonly SourceState[];
};

/** A client of one server. Nothing is asked of the server before `connect`. */
export function createClient(options: ClientOptions = {}) {
  const page = typeof document === "object";
  const { now = Date.now, random = Math.random } = options;
  // The folder: a page's own address has a query, which tabs need not have in common.
  const base = new URL(".", options.url ?? (page ? document.baseURI : "http://localhost:8080/"));
  const at = (path: string) => new URL(path, base).href;

  const events = createEmitter<ClientEvents>();
  const clock = createServerClock(now);
  let series: SeriesStore | null = null; // fetched when bars or trades are wanted
  const quotes = new Map<string, Quote>(); // those that have been made
  const dirty = new Set<string>(); // those that have changed and have not been told

  // What is wanted.
  const symbols = new Set<string>();
  const followed = new Map<string, Series>();
  let { rate = null, fields = null }: { rate?: number | null; fields?: readonly string[] | null } = options;
  const pauses = new Set<PauseReason>();
  let own: Lookup = () => false;
  let asking = false;

  // What has been told.
  let sources: readonly SourceState[] = [];
  let running = false;

  const mark = (symbol: string) => {
    quotes.delete(symbol);
    dirty.add(symbol);
  };
  const board = createBoard({ now, follows: (symbol) => line.uses(symbol), changed: mark });

  const all = () => ({ symbols: [...symbols], series: [...followed.values()] });
  /** Tells the line what is wanted now. */
  const ask = () => {
    asking = false;
    line.want({
      ...all(),
      ...(!series && { series: [] }), // what is told must find its store
      rate,
      fields,
      paused: pauses.size > 0,
      hidden: pauses.has("hidden"),
    });
    handlers.used();
  };
  /** The same for all that changes in one turn: what is given up and taken up again in it is not forgotten. */
  const want = () => {
    own = createLookup(all());
    if (!asking) queueMicrotask(ask);
    asking = true;
  };

  const quote = (symbol: string): Quote | undefined => {
    const entry = client.entry(symbol);
    if (entry && !quotes.has(symbol)) quotes.set(symbol, makeQuote(entry, running, clock.now));
    return entry && quotes.get(symbol);
  };

  const quotesOf = (names: readonly string[]) => names.flatMap((symbol) => quote(symbol) ?? []);

  /** Tells what has changed; a pause keeps it back, and so does a rate that another tab has raised. */
  const tell = () => {
    if (!dirty.size || pauses.size || line.holds?.(tell)) return;
    const changed = [...dirty].filter(own);
    dirty.clear();
    if (!changed.length) return;
    events.emit("changed", changed);
    if (events.heard("quotes")) events.emit("quotes", quotesOf(changed));
  };

  const setSources = (next: readonly SourceState[]) => {
    sources = next;
    events.emit("sources", sources);
  };

  const state = (): ClientState => ({ ...line.state, paused: pauses.size > 0, role: line.role });

  const handlers: LineHandlers = {
    message(message) {
      const { time } = message as { readonly time?: number };
      if (time) clock.observe(time);
      switch (message.type) {
        case "hello":
          board.doubt(message.epoch);
          setSources(greetedSources(message));
          break;
        case "snapshot":
        case "update":
          board.take(message);
          break;
        case "subscribed": {
          const unknown = (message.unknown ?? []).filter(own);
          if (unknown.length) events.emit("unknown", unknown);
          break;
        }
        case "status":
          setSources(changedSources(sources, message));
          break;
        case "bars":
        case "trades": {
          const key = seriesKey(message);
          const change = line.uses(key) && series?.take(message);
          if (change && own(key)) events.emit("series", change);
          break;
        }
      }
      events.emit("message", message);
      // The name and the message are of one type by construction; the compiler cannot see it.
      events.emit(message.type, message as never);
      tell();
    },
    state() {
      const next = state();
      const open = next.phase === "open";
      if (!open) board.doubt();
      const runs = open && next.synced && !next.paused;
      if (runs !== running) {
        running = runs;
        for (const symbol of board.symbols()) mark(symbol);
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
      for (const symbol of board.symbols()) if (!line.uses(symbol)) board.forget(symbol);
      series?.keep(line.uses);
    },
    fallback: (event) => events.emit("fallback", event),
  };

  // --- the way to the server ---------------------------------------------------------------------

  const WebSocket = options.WebSocket ?? (globalThis.WebSocket as SocketClass | undefined);
  const best = options.transport ?? (WebSocket ? "websocket" : "sse");
  const storage = () => options.storage ?? sessionStorage; // at which a browser may forbid even the look
  const websocket = createWebSocketTransport(at("ws").replace(/^http/, "ws"), WebSocket);
  const connection = createConnection({
    transport: websocket,
    blocked: (...what) =>
      fallback().then(
        (ladder) => ladder.next(...what),
        () => null,
      ),
    online: () => !page || navigator.onLine,
    now,
    random,
  });
  let line: Line = connection;

  let ladder: Ladder | null = null;
  const fallback = async () => {
    const { createFallback } = await import("./fallback/fallback.ts");
    ladder ??= createFallback({ connection, websocket, best, at, storage, now, options });
    return ladder;
  };

  /** Fetches what bars and trades take, once somebody wants some. When that fails, the next wish tries again. */
  const equip = async () => {
    if (series || followed.size + connection.wanted.series.length === 0) return;
    try {
      const { createSeriesLedger, createSeriesStore } = await import("./series/series.ts");
      if (series) return;
      series = createSeriesStore();
      connection.carry(createSeriesLedger());
      want();
    } catch {}
  };

  /** Whether it begins with something else than WebSocket. */
  const low = () => {
    try {
      return best !== "websocket" || storage().getItem(memoryKey) !== null;
    } catch {
      return false;
    }
  };

  let wanted = false; // from connect to disconnect
  let ready = false;
  const life = new AbortController(); // to the close

  const start = () => {
    if (!ready || !wanted) return;
    ask();
    line.connect();
  };
  /** Begins with another transport. Where there is no WebSocket there is no other way, so it tries until it has it. */
  const descend = async (): Promise<void> => {
    try {
      connection.use((await fallback()).first());
    } catch {
      if (best === "websocket") return;
      await new Promise((again) => setTimeout(again, random() * 5000));
      await descend();
    }
  };

  /** Fetches what it takes to begin. Without the part for pages it does with a connection of its own. */
  const prepare = async () => {
    if (page) {
      try {
        const { createPage } = await import("./tabs/page.ts");
        line = createPage({
          base,
          options,
          connection,
          handlers,
          board,
          series: () => series,
          client,
          jumped: clock.reset,
          connected: () => wanted,
          signal: life.signal,
          now,
          random,
        });
      } catch {}
    }
    if (low()) await descend();
    if (line === connection) listen(connection, handlers);
    ready = true;
    start();
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

  const client = {
    connect(): void {
      wanted = true;
      start();
    },

    /** Gives the connection back; what is known stays, unconfirmed. `connect` takes it up again. */
    disconnect(): void {
      wanted = false;
      line.disconnect();
    },

    /** For good: nobody listens any more. */
    close(): void {
      client.disconnect();
      life.abort();
      events.clear();
    },

    /** Returns what takes the listener away again. */
    on: events.on,

    subscribe(what: What): void {
      const [names, more] = split(what);
      for (const symbol of names) symbols.add(symbol);
      for (const one of more) if (!followed.has(seriesKey(one))) followed.set(seriesKey(one), one);
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
    pause(reason: PauseReason = "user"): void {
      pauses.add(reason);
      ask();
      handlers.state();
    },

    resume(reason: PauseReason = "user"): void {
      if (!pauses.delete(reason)) return;
      ask();
      handlers.state();
    },

    quote,

    /** All that is known of what is followed. */
    quotes: (): readonly Quote[] => quotesOf([...board.symbols()]),

    /** The same without making a quote of it: for tables of thousands. */
    entry: (symbol: string): Entry | undefined => (own(symbol) ? board.get(symbol) : undefined),

    /** Oldest first. */
    bars: (symbol: string, interval: string): readonly Bar[] =>
      (own(seriesKey({ symbol, interval })) && series?.bars(symbol, interval)) || [],
    /** The newest hundred, oldest first. */
    trades: (symbol: string): readonly Trade[] => (own(seriesKey({ symbol })) && series?.trades(symbol)) || [],

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
    serverTime: clock.now,

    /** Gives up waiting and tries now, after a refusal as well. */
    retryNow: (): void => line.retryNow(),
  };

  void prepare(); // at once where nothing is to be fetched
  return client;
}

export type Client = ReturnType<typeof createClient>;

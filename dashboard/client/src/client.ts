/** client puts the parts together: what a program asks for, the route to the server, and what is known of each symbol. */

import { createConnection } from "./connection/connection.ts";
import { type Link, type LinkHandlers, listen } from "./connection/link.ts";
import { createEmitter, type Emitter } from "./emitter.ts";
import type { Ladder } from "./fallback/ladder.ts";
import { createLookup, type Lookup, type PauseReason, type Series, seriesKey } from "./interest/want.ts";
import { split, type What } from "./interest/what.ts";
import type { ClientOptions } from "./options.ts";
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

/** The events of a client: each message of the wire by its type, and what is made of the messages. */
export type ClientEvents = { readonly [T in MessageType]: MessageOf<T> } & {
  /** Every message, before the event of its type. */
  readonly message: ServerMessage;
  /** The quotes that have changed, once for each message. */
  readonly quotes: readonly Quote[];
  /** Their symbols, for programs that ask for a quote only when they show it. */
  readonly changed: readonly string[];
  /** What a message has changed of bars or trades. */
  readonly series: SeriesChange;
  readonly state: ClientState;
  /** Everything that is followed has come, after a stream has opened. */
  readonly synced: Synced;
  readonly fallback: FallbackChange;
  /** Symbols that were subscribed to and that the server does not know. */
  readonly unknown: readonly string[];
  /** All sources, when one of them has changed. */
  readonly sources: readonly SourceState[];
};

/** A client of one server. */
export interface Client {
  readonly state: ClientState;
  readonly sources: readonly SourceState[];
  /** Where another connection would resume, EPOCH-SEQ; null when it would start over. */
  readonly position: string | null;
  /** Calls the listener at each event of this name; returns what takes it away again. */
  readonly on: Emitter<ClientEvents>["on"];
  connect(): void;
  /** Closes the connection; what is known stays, unconfirmed. `connect` resumes. */
  disconnect(): void;
  /** Disconnects for good, and takes all listeners away. */
  close(): void;
  subscribe(what: What): void;
  unsubscribe(what: What): void;
  /** Updates a second at most; null or 0 for each flush of the server. */
  setRate(rate: number | null): void;
  /** The keys of the wire that are wanted; null for all. */
  setFields(fields: readonly string[] | null): void;
  /** Sends a message of the wire now. False when it cannot be sent: nothing is queued, it would be old by then. */
  send(message: ClientMessage): boolean;
  /** No quotes are published until `resume` for the same reason. The server is told so, unless another tab goes on. */
  pause(reason?: PauseReason): void;
  resume(reason?: PauseReason): void;
  /** The newest quote of a symbol that is subscribed to. */
  quote(symbol: string): Quote | undefined;
  /** The newest quotes of everything that is subscribed to. */
  quotes(): readonly Quote[];
  /** The same as `quote` in the keys of the wire, for tables of thousands. */
  entry(symbol: string): Entry | undefined;
  /** The bars of a symbol, the oldest first. */
  bars(symbol: string, interval: string): readonly Bar[];
  /** The newest hundred trades of a symbol, the oldest first. */
  trades(symbol: string): readonly Trade[];
  /** Now by the server's clock, in ms since the Unix epoch. */
  serverTime(): number;
  /** Tries again at once, also after a refusal. */
  retryNow(): void;
}

/** Makes a client. Nothing is asked of the server before `connect`. */
export function createClient(options: ClientOptions = {}): Client {
  const page = typeof document === "object";
  const { now = Date.now, random = Math.random } = options;
  // The folder: a page's own address has a query, which tabs need not have in common.
  const base = new URL(".", options.url ?? (page ? document.baseURI : "http://localhost:8080/"));
  const at = (path: string) => new URL(path, base).href;

  const events = createEmitter<ClientEvents>();
  const clock = createServerClock(now);
  let series: SeriesStore | null = null; // loaded when bars or trades are wanted
  let sources: readonly SourceState[] = [];

  // What the program has asked for.
  const symbols = new Set<string>();
  const followed = new Map<string, Series>();
  let { rate = null, fields = null }: { rate?: number | null; fields?: readonly string[] | null } = options;
  const pauses = new Set<PauseReason>();
  let follows: Lookup = () => false;
  let asking = false;

  const all = () => ({ symbols: [...symbols], series: [...followed.values()] });
  /** Tells the link what is wanted now. */
  const ask = () => {
    asking = false;
    link.want({
      ...all(),
      ...(!series && { series: [] }), // bars and trades that come must find a store
      rate,
      fields,
      paused: pauses.size > 0,
      hidden: pauses.has("hidden"),
    });
    handlers.used();
  };
  /** Asks once for all changes of one turn: what is given up and wanted again in it is not forgotten. */
  const change = () => {
    follows = createLookup(all());
    if (!asking) queueMicrotask(ask);
    asking = true;
  };

  const uses = (key: string) => link.uses(key);
  const board = createBoard(uses, now);
  let made = new WeakMap<Entry, Quote>();
  let running = false; // quotes may be live

  const entry = (symbol: string): Entry | undefined => (follows(symbol) ? board.get(symbol) : undefined);
  const quote = (symbol: string): Quote | undefined => {
    const known = entry(symbol);
    if (!known) return undefined;
    const one = made.get(known) ?? makeQuote(known, running, clock.now);
    made.set(known, one);
    return one;
  };
  const quotesOf = (names: readonly string[]) => names.flatMap((symbol) => quote(symbol) ?? []);

  /** Publishes what has changed. A pause keeps it back, and so does a rate that another tab has raised. */
  const publish = () => {
    if (!board.changed.size || pauses.size || link.holds?.(publish)) return;
    const changed = [...board.changed].filter(follows);
    board.changed.clear();
    if (!changed.length) return;
    events.emit("changed", changed);
    if (events.heard("quotes")) events.emit("quotes", quotesOf(changed));
  };

  const setSources = (next: readonly SourceState[]) => {
    sources = next;
    events.emit("sources", sources);
  };
  const state = (): ClientState => ({ ...link.state(), paused: pauses.size > 0 });

  const handlers: LinkHandlers = {
    message(message) {
      const { time } = message as { readonly time?: number };
      if (time) clock.observe(time);
      switch (message.type) {
        case "hello":
          board.unconfirm(message.epoch);
          setSources(greetedSources(message));
          break;
        case "snapshot":
        case "update":
          board.apply(message);
          break;
        case "subscribed": {
          const unknown = (message.unknown ?? []).filter(follows);
          if (unknown.length) events.emit("unknown", unknown);
          break;
        }
        case "status":
          setSources(changedSources(sources, message));
          break;
      }
      series?.apply(message);
      events.emit("message", message);
      // The name and the message are of one type by construction; the compiler cannot see it.
      events.emit(message.type, message as never);
      publish();
    },
    state() {
      const next = state();
      const open = next.phase === "open";
      if (!open) board.unconfirm();
      const runs = open && next.synced && !next.paused;
      if (runs !== running) {
        running = runs;
        made = new WeakMap();
        for (const symbol of board.symbols()) board.changed.add(symbol);
      }
      events.emit("state", next);
      publish();
    },
    synced(event) {
      void loadSeries();
      board.complete(event.resumed);
      events.emit("synced", event);
      publish();
    },
    used() {
      void loadSeries();
      board.prune();
      series?.prune();
    },
    fallback: (event) => events.emit("fallback", event),
  };
  const WebSocket = options.WebSocket ?? (globalThis.WebSocket as SocketClass | undefined);
  const best = options.transport ?? (WebSocket ? "websocket" : "sse");
  const storage = () => options.storage ?? sessionStorage; // a browser may forbid even to read the name
  const websocket = createWebSocketTransport(at("ws").replace(/^http/, "ws"), WebSocket);
  const connection = createConnection({
    transport: websocket,
    blocked: (...what) =>
      loadFallback().then(
        (ladder) => ladder.next(...what),
        () => null,
      ),
    online: () => !page || navigator.onLine,
    now,
    random,
  });

  let link: Link = connection;
  let ladder: Ladder | null = null;
  let wanted = false; // from connect to disconnect
  let ready = false; // the link and its first transport are known
  const life = new AbortController(); // until close

  const loadFallback = async () => {
    const { createFallback } = await import("./fallback/fallback.ts");
    ladder ??= createFallback(connection, websocket, best, at, storage, now, options);
    return ladder;
  };

  /** Loads what bars and trades take, when this client or another tab wants some. After a failure the next call tries again. */
  const loadSeries = async () => {
    if (series || followed.size + connection.wanted().series.length === 0) return;
    try {
      const { createSeries } = await import("./series/series.ts");
      series ??= createSeries(
        connection,
        uses,
        (key) => follows(key),
        (change) => events.emit("series", change),
      );
      change();
    } catch {}
  };

  const start = () => {
    if (!ready || !wanted) return;
    ask();
    link.connect();
  };
  /** Begins with another transport where there is no WebSocket, and where it was blocked not long ago. */
  const begin = async () => {
    try {
      if (best !== "websocket" || storage().getItem(memoryKey)) connection.use((await loadFallback()).first());
    } catch {
      // The storage is forbidden, or the chunk did not load. Without WebSocket there is nothing else to begin with.
      if (best !== "websocket") {
        setTimeout(begin, random() * 5000);
        return;
      }
    }
    if (link === connection) listen(connection, handlers);
    ready = true;
    start();
  };
  const connect = () => {
    wanted = true;
    start();
  };
  const disconnect = () => {
    wanted = false;
    link.disconnect();
  };
  /** Loads what it takes to begin. Where tabs/ cannot be loaded, the page has a connection of its own. */
  const prepare = async () => {
    if (page) {
      try {
        const { createPage } = await import("./tabs/page.ts");
        link = createPage({
          options,
          base,
          connection,
          handlers,
          board,
          series: () => series,
          sources: () => sources,
          jumped: clock.reset,
          connected: () => wanted,
          connect,
          disconnect,
          pause,
          resume,
          signal: life.signal,
          now,
          random,
        });
      } catch {}
    }
    void begin();
  };
  const pause = (reason: PauseReason = "user") => {
    pauses.add(reason);
    ask();
    handlers.state();
  };
  const resume = (reason: PauseReason = "user") => {
    if (!pauses.delete(reason)) return;
    ask();
    handlers.state();
  };

  void prepare(); // at once where nothing is to be loaded

  return {
    connect,
    disconnect,
    close() {
      disconnect();
      life.abort();
      events.clear();
    },
    on: events.on,
    subscribe(what) {
      const [names, more] = split(what);
      for (const symbol of names) symbols.add(symbol);
      for (const one of more) if (!followed.has(seriesKey(one))) followed.set(seriesKey(one), one);
      change();
    },
    unsubscribe(what) {
      const [names, more] = split(what);
      for (const symbol of names) symbols.delete(symbol);
      for (const one of more) followed.delete(seriesKey(one));
      change();
    },
    setRate(next) {
      rate = next || null;
      change();
    },
    setFields(next) {
      fields = next;
      change();
    },
    send: (message) => link.send(message),
    pause,
    resume,
    quote,
    quotes: () => quotesOf([...board.symbols()]),
    entry,
    bars: (symbol, interval) => series?.bars(symbol, interval) ?? [],
    trades: (symbol) => series?.trades(symbol) ?? [],
    get state() {
      return state();
    },
    get sources() {
      return sources;
    },
    get position() {
      return link.position();
    },
    serverTime: clock.now,
    retryNow: () => link.retryNow(),
  };
}

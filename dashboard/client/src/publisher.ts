/**
 * publisher takes in what the link of a client brings: it keeps the newest quotes, the sources and the server's clock,
 * and tells the program what has changed.
 */

import type { Connection } from "./connection/connection.ts";
import type { Link, LinkHandlers } from "./connection/link.ts";
import type { Emitter } from "./emitter.ts";
import { createAnswers } from "./interest/answers.ts";
import type { Registry } from "./interest/registry.ts";
import type { MessageOf, MessageType, ServerMessage } from "./protocol/messages.ts";
import { createBoard, type Entry } from "./quotes/board.ts";
import { createServerClock } from "./quotes/clock.ts";
import { makeQuote, type Quote } from "./quotes/quote.ts";
import { changedSources, greetedSources, type SourceState } from "./quotes/sources.ts";
import type { Bar, SeriesChange, Trade } from "./series/model.ts";
import type { SeriesStore } from "./series/store.ts";
import type { ClientState, FallbackChange, Synced } from "./state.ts";

/** The events of a client: each message of the wire by its type, and what is made of the messages. */
export type ClientEvents = { readonly [T in MessageType]: MessageOf<T> } & {
  /** Every message, before the event of its type. */
  readonly message: ServerMessage;
  /** The quotes that have changed, once for each message. */
  readonly quotes: readonly Quote[];
  /** Their symbols, for programs that ask for a quote only when they show it. */
  readonly changed: readonly string[];
  /** What a message has changed of bars or trades. After a pause, each series that has changed comes once, as a reset. */
  readonly series: SeriesChange;
  /**
   * Symbols, and series by their keys such as "1m AAPL" or "trades AAPL", that the server has refused. They are asked for
   * again when there is room, or after a delay. `refused(key)` tells the code.
   */
  readonly refused: readonly string[];
  readonly state: ClientState;
  /** Everything that is followed has come, after a stream has opened. */
  readonly synced: Synced;
  readonly fallback: FallbackChange;
  /** Symbols that were subscribed to and that the server does not know. It sends their quotes when it does. */
  readonly unknown: readonly string[];
  /** Those of them that the server knows now. */
  readonly known: readonly string[];
  /** All sources, when one of them has changed. */
  readonly sources: readonly SourceState[];
};

/** The part of a client with which a program asks for what is known. */
export interface PublisherCalls {
  /** The newest quote of a symbol that is subscribed to. */
  quote(symbol: string): Quote | undefined;
  /** The newest quotes of everything that is subscribed to. */
  quotes(): readonly Quote[];
  /** The same as `quote` in the keys of the wire, for tables of thousands. */
  entry(symbol: string): Entry | undefined;
  /** Whether the server has said of a symbol that was subscribed to that it does not know it, and nothing else since. */
  unknown(symbol: string): boolean;
  /** The code with which the server has refused a symbol or a series, by its key; undefined when it has not. */
  refused(key: string): string | undefined;
  /** The bars of a symbol, the oldest first. */
  bars(symbol: string, interval: string): readonly Bar[];
  /** The newest hundred trades of a symbol, the oldest first. */
  trades(symbol: string): readonly Trade[];
  /** Now by the server's clock, in ms since the Unix epoch. */
  serverTime(): number;
}

/** Whether a message has prices. There are many, and a pause keeps them back. */
const isData = ({ type }: ServerMessage) => ["snapshot", "update", "bars", "trades"].includes(type);

/**
 * Makes a publisher of what a program has asked for in the `registry`. The link may be another one later. When series/
 * has been loaded for the bars and trades that this client or another tab wants, `changed` is called, so that they are
 * asked for. Only for the client.
 */
export function createPublisher(
  { emit, heard }: Emitter<ClientEvents>,
  connection: Connection,
  link: () => Link,
  registry: Registry,
  changed: () => void,
  now: () => number,
) {
  const { follows } = registry;
  const uses = (key: string) => link().uses(key);
  const clock = createServerClock(now);
  const board = createBoard(uses, now);
  let series: SeriesStore | null = null;
  let sources: readonly SourceState[] = [];
  let made = new WeakMap<Entry, Quote>();
  let running = false; // quotes may be live
  const told = new Set<string>(); // the symbols that the program has been told of
  const answers = createAnswers(follows, emit);

  const entry = (symbol: string): Entry | undefined => (follows(symbol) ? board.get(symbol) : undefined);
  const quote = (symbol: string): Quote | undefined => {
    const known = entry(symbol);
    if (!known) return undefined;
    const one = made.get(known) ?? makeQuote(known, running, clock.now);
    made.set(known, one);
    return one;
  };
  const quotes = (symbols: Iterable<string>) => [...symbols].flatMap((symbol) => quote(symbol) ?? []);

  const tell = (symbols: Iterable<string>) => {
    const changed = [...symbols].filter((symbol) => follows(symbol) && told.add(symbol));
    if (!changed.length) return;
    emit("changed", changed);
    if (heard("quotes")) emit("quotes", quotes(changed));
  };
  /**
   * Publishes what has changed. A pause keeps it back, and so does a rate that another tab has raised. But a quote that
   * is new or live no longer is published at once. During a pause none is live.
   */
  const publish = () => {
    const { changed, fallen } = board;
    if (registry.paused() || !changed.size) return;
    const held = link().holds?.(publish);
    const symbols = [...changed].filter((symbol) => !held || fallen.has(symbol) || !told.has(symbol));
    if (!held) changed.clear();
    fallen.clear();
    tell(symbols);
  };

  const setSources = (next: readonly SourceState[]) => {
    sources = next;
    emit("sources", sources);
  };
  const state = (): ClientState => ({ ...link().state(), paused: registry.paused() });

  /** Loads what bars and trades take, if this client or another tab wants some. If it fails, the next call tries again. */
  const loadSeries = async () => {
    if (series || registry.want().series.length + connection.wanted().series.length === 0) return;
    try {
      const { createSeries } = await import("./series/series.ts");
      series ??= createSeries(connection, uses, follows, registry.paused, (change) => emit("series", change));
      changed();
    } catch {}
  };

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
        case "subscribed":
          answers.subscribed(message);
          break;
        case "status":
          setSources(changedSources(sources, message));
      }
      series?.apply(message);
      if (!registry.paused() || !isData(message)) {
        emit("message", message);
        // The name and the message are of one type by construction; the compiler cannot see it.
        emit(message.type, message as never);
      }
      publish();
    },
    state() {
      const next = state();
      if (next.phase !== "open") board.unconfirm();
      const runs = next.synced && !next.paused;
      const was = running;
      if (runs !== running) {
        running = runs;
        made = new WeakMap();
        for (const symbol of board.symbols()) board.changed.add(symbol);
      }
      emit("state", next);
      if (was && !runs) {
        // None is live now, and that waits for no pause and no rate.
        board.fallen.clear();
        const symbols = [...board.changed];
        board.changed.clear();
        tell(symbols);
      } else publish();
      if (!registry.paused()) series?.resume();
    },
    synced(event) {
      void loadSeries();
      board.complete(event.resumed, (symbol) => answers.code(symbol) !== undefined);
      emit("synced", event);
      publish();
    },
    used() {
      void loadSeries();
      board.prune();
      series?.prune();
      answers.prune();
      for (const symbol of told) if (!follows(symbol)) told.delete(symbol);
    },
    refused: answers.refused,
    fallback: (event) => emit("fallback", event),
  };

  const calls: PublisherCalls = {
    quote,
    quotes: () => quotes(board.symbols()),
    entry,
    unknown: answers.unknown,
    refused: (key) => (follows(key) ? answers.code(key) : undefined),
    bars: (symbol, interval) => series?.bars(symbol, interval) ?? [],
    trades: (symbol) => series?.trades(symbol) ?? [],
    serverTime: clock.now,
  };
  return {
    calls,
    handlers,
    state,
    board,
    series: () => series,
    sources: () => sources,
    /** This machine's clock has jumped. */
    jumped: clock.reset,
  };
}

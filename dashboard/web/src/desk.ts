import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals-core";
import type { Api } from "./api.ts";
import { createBoard, type Entry } from "./board.ts";
import type { Meter, ServerClock } from "./clock.ts";
import { type Condition, combine, type FeedState, judge, type SourceState } from "./condition.ts";
import type { Connection, ConnectionState } from "./connection.ts";
import { decimalsOf } from "./format.ts";
import { type Column, nextSort, rank, type Sort, sortKey } from "./order.ts";
import type { Quote, SourceStatus, SymbolInfo } from "./protocol.ts";
import type { SavedStore } from "./watch.ts";

/** What a row shows. */
export interface Row {
  readonly symbol: string;
  readonly name: string;
  readonly entry: Entry | undefined;
  readonly decimals: number;
  /** The server does not know this symbol. */
  readonly unknown: boolean;
}

export interface Vitals {
  /**
   * Age of the newest tick in ms; null before the first. A recording's ticks keep the times of
   * their day, so there it is the time since the last of them came.
   */
  readonly newest: number | null;
  /** Quotes a second. */
  readonly rate: number;
  readonly now: number;
}

export interface DeskOptions {
  readonly connection: Connection;
  readonly api: Api;
  readonly clock: ServerClock;
  readonly meter: Meter;
  readonly saved: SavedStore;
  /** Called for each symbol whose row would look different now. */
  readonly changed: (symbol: string) => void;
  readonly now?: () => number;
}

export interface Desk {
  /** The watched symbols in the reader's own order; null until the first list is known. */
  readonly symbols: ReadonlySignal<readonly string[] | null>;
  readonly sort: ReadonlySignal<Sort>;
  readonly connection: ReadonlySignal<ConnectionState>;
  readonly feed: ReadonlySignal<FeedState>;
  readonly condition: ReadonlySignal<Condition>;
  readonly vitals: ReadonlySignal<Vitals>;
  /** A sentence about the last thing the reader did, and how to take it back. */
  readonly note: ReadonlySignal<{ readonly text: string; readonly undo: (() => void) | null } | null>;
  readonly failure: ReadonlySignal<string | null>;
  row(symbol: string): Row;
  ranked(): readonly string[];
  sortBy(column: Column): void;
  unsort(): void;
  add(info: SymbolInfo): void;
  remove(symbol: string): void;
  reset(): void;
  dismiss(): void;
  retry(): void;
  togglePause(): void;
  start(): Promise<void>;
  close(): void;
}

const noFeed = combine([{ source: "", simulated: false, status: "live", since: 0, message: "" }]);
const fewestDecimals = 2;

const sourceState = ({
  source = "",
  simulated = false,
  status,
  since = 0,
  message = "",
}: SourceStatus): SourceState => ({
  source,
  simulated,
  status,
  since,
  message,
});

/** Everything the page knows and does, without the page. */
export function createDesk(options: DeskOptions): Desk {
  const { connection, api, clock, meter, saved, changed, now = Date.now } = options;

  const initial = saved.load();
  const symbols: Signal<readonly string[] | null> = signal(initial.symbols);
  const sort: Signal<Sort> = signal(initial.sort);
  const state = signal(connection.state);
  const feed = signal(noFeed);
  const vitals: Signal<Vitals> = signal({ newest: null, rate: 0, now: now() });
  const note: Desk["note"] & Signal = signal(null);
  const failure: Signal<string | null> = signal(null);
  const condition = computed(() => judge(state.value, feed.value, vitals.value.now, vitals.value.newest !== null));

  const watched = new Set(initial.symbols ?? []);
  const infos = new Map<string, SymbolInfo>();
  const unknown = new Set<string>();
  const decimals = new Map<string, number>();
  let chosen = initial.symbols !== null; // by the reader, rather than by the server
  let loading = false;
  let arrived = 0; // the last quotes

  const board = createBoard({ changed, follows: (symbol) => watched.has(symbol) });

  const save = () => saved.save({ symbols: chosen ? symbols.value : null, sort: sort.value });

  const describe = async () => {
    const missing = [...watched].filter((symbol) => !infos.has(symbol));
    if (missing.length === 0) return;
    try {
      for (const info of await api.describe(missing)) {
        infos.set(info.symbol, info);
        changed(info.symbol);
      }
    } catch {
      return; // the next connection asks again
    }
    for (const symbol of missing) {
      if (infos.has(symbol)) continue;
      infos.set(symbol, { symbol });
      // Streams say which symbols they do not know; a poll has nobody else to ask.
      if (connection.state.transport === "poll" && !board.get(symbol)) unknown.add(symbol);
      changed(symbol);
    }
  };

  const setSymbols = (next: readonly string[]) => {
    const wanted = new Set(next);
    const gone = [...watched].filter((symbol) => !wanted.has(symbol));
    const added = next.filter((symbol) => !watched.has(symbol));
    for (const symbol of gone) {
      watched.delete(symbol);
      unknown.delete(symbol);
      board.forget(symbol);
    }
    for (const symbol of added) watched.add(symbol);
    connection.unsubscribe(gone);
    connection.subscribe(added);
    symbols.value = next;
    void describe();
  };

  const choose = (next: readonly string[]) => {
    chosen = true;
    setSymbols(next);
    save();
  };

  /** Shows the server's default list to someone who has not chosen yet. */
  const loadDefault = async () => {
    if (loading) return;
    loading = true;
    try {
      const lists = await api.watchlists();
      const list = lists.watchlists.find(({ name }) => name === lists.default) ?? lists.watchlists[0];
      batch(() => {
        failure.value = null;
        if (!chosen) setSymbols([...new Set(list?.symbols ?? [])]);
      });
    } catch {
      failure.value = "The list of symbols could not be loaded.";
    } finally {
      loading = false;
    }
  };

  const beat = () => {
    const newest = board.newest();
    const age = feed.peek().source === "replay" ? now() - arrived : clock.age(newest);
    vitals.value = { newest: newest > 0 ? age : null, rate: meter.rate(), now: now() };
  };

  const digits = (symbol: string, quote: Quote | undefined): number => {
    let most = Math.max(fewestDecimals, decimals.get(symbol) ?? 0, infos.get(symbol)?.decimals ?? 0);
    if (quote) {
      for (const value of [quote.p, quote.b, quote.a, quote.pc, quote.h, quote.l]) {
        if (value !== undefined) most = Math.max(most, decimalsOf(value));
      }
    }
    decimals.set(symbol, most); // kept, so that the decimal point does not wander
    return most;
  };

  const stops = [
    connection.on("state", (next) => {
      state.value = next;
      beat();
    }),
    connection.on("hello", (hello) => {
      clock.observe(hello.time);
      board.begin(hello.epoch);
      const { source = "", simulated = source === "sim", status = "live" } = hello;
      feed.value = combine((hello.sources ?? [{ source, simulated, status }]).map(sourceState));
      if (symbols.value === null) void loadDefault();
    }),
    connection.on("subscribed", (answer) => {
      for (const symbol of answer.symbols ?? []) if (unknown.delete(symbol)) changed(symbol);
      for (const symbol of answer.unknown ?? []) {
        unknown.add(symbol);
        changed(symbol);
      }
    }),
    connection.on("snapshot", (message) => {
      clock.observe(message.time);
      if (message.quotes.length > 0) arrived = now();
      board.snapshot(message);
      for (const quote of message.quotes) unknown.delete(quote.s);
      if (state.value.transport === "poll" && message.resumed) meter.add(message.quotes.length);
    }),
    connection.on("update", (message) => {
      clock.observe(message.time);
      arrived = now();
      board.update(message);
      meter.add(message.quotes.length);
    }),
    connection.on("heartbeat", (message) => {
      if (message.time !== undefined) clock.observe(message.time);
    }),
    connection.on("status", (message) => {
      const { sources } = feed.value;
      const of = message.source ?? sources[0]?.source ?? "";
      const before = sources.find(({ source }) => source === of);
      const after = sourceState({ simulated: before?.simulated ?? false, ...message, source: of });
      const rest = sources.filter(({ source }) => source !== "" && source !== of);
      feed.value = combine(before ? sources.map((one) => (one === before ? after : one)) : [...rest, after]);
    }),
    connection.on("synced", ({ resumed }) => {
      board.settle(resumed);
      void describe();
    }),
  ];
  const heart = setInterval(beat, 1000);

  return {
    symbols,
    sort,
    connection: state,
    feed,
    condition,
    vitals,
    note,
    failure,

    row(symbol) {
      const entry = board.get(symbol);
      return {
        symbol,
        name: infos.get(symbol)?.name ?? "",
        entry,
        decimals: digits(symbol, entry?.quote),
        unknown: unknown.has(symbol) && !entry,
      };
    },

    ranked() {
      return rank(symbols.value ?? [], sort.value, (symbol, column) =>
        sortKey(column, symbol, infos.get(symbol)?.name ?? "", board.get(symbol)),
      );
    },

    sortBy(column) {
      sort.value = nextSort(sort.value, column);
      save();
    },

    unsort() {
      sort.value = null;
      save();
    },

    add(info) {
      infos.set(info.symbol, info);
      if (watched.has(info.symbol)) return;
      batch(() => {
        choose([...(symbols.value ?? []), info.symbol]);
        note.value = { text: `${info.symbol} added.`, undo: null };
      });
    },

    remove(symbol) {
      const before = symbols.value ?? [];
      if (!watched.has(symbol)) return;
      batch(() => {
        choose(before.filter((other) => other !== symbol));
        note.value = {
          text: `${symbol} removed.`,
          undo: () => {
            const at = before.indexOf(symbol);
            const rest = (symbols.value ?? []).filter((other) => other !== symbol);
            choose([...rest.slice(0, at), symbol, ...rest.slice(at)]);
            note.value = null;
          },
        };
      });
    },

    /** Back to the server's default list. */
    reset() {
      chosen = false;
      void loadDefault().then(save);
    },

    dismiss() {
      note.value = null;
    },

    retry() {
      connection.retryNow();
      if (symbols.value === null) void loadDefault();
    },

    togglePause() {
      if (state.value.paused) connection.resume("user");
      else connection.pause("user");
    },

    async start() {
      // One request first, so that the stream can be opened with its symbols in the query.
      if (symbols.value === null) await loadDefault();
      else connection.subscribe(watched);
      connection.connect();
      void describe();
    },

    close() {
      clearInterval(heart);
      for (const stop of stops) stop();
      connection.close();
    },
  };
}

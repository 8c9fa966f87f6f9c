import type { ServerMessage } from "../../src/protocol/messages.ts";
import { createFakeSockets, hello, snapshot } from "./fakes.ts";

/** What a model of a server allows. */
interface Limits {
  maxSymbols: number;
  maxSeries: number;
  /** The lists that have too many symbols. */
  tooLong: readonly string[];
  /** Every request is refused with this code. */
  refuses: { readonly code: string; readonly message?: string } | null;
}

/**
 * A model of the server behind fake sockets. It answers each message after ten ms. As the real one it closes a stream with
 * 1008 after twenty refusals in a row; it counts all of them. Time is that of fake timers.
 */
export function createModelServer(given: Partial<Limits> = {}) {
  const limits: Limits = { maxSymbols: 1000, maxSeries: 1000, tooLong: [], refuses: null, ...given };
  const { WebSocket, sockets, last } = createFakeSockets();
  const requests: Record<string, unknown>[] = [];
  const state = { symbols: new Set<string>(), series: new Set<string>(), refusals: 0, closed: 0 };
  let taken = 0; // messages of the present socket that were read
  let seq = 1;

  /** Opens the newest socket and answers its query. */
  const open = () => {
    taken = 0;
    state.symbols = new Set();
    state.series = new Set();
    state.refusals = 0;
    const query = new URL(last().url).searchParams;
    last().says(hello("e", seq));
    const symbols = query.get("symbols")?.split(",") ?? [];
    if (symbols.some((name) => limits.tooLong.includes(name))) {
      last().says({ type: "error", code: "too_many_symbols" });
      return;
    }
    for (const symbol of symbols) state.symbols.add(symbol);
    if (symbols.length) last().says({ type: "subscribed", symbols, rate: 10 }, of(symbols));
  };
  const of = (symbols: readonly string[]) =>
    snapshot(
      ++seq,
      symbols.map((s) => ({ s, p: 1 })),
    );

  const answer = (message: Record<string, unknown>): void => {
    const {
      type,
      id,
      symbols = [],
      bars = [],
      trades = [],
      interval = "1m",
    } = message as {
      readonly type: string;
      readonly id: number;
      readonly symbols?: readonly string[];
      readonly bars?: readonly string[];
      readonly trades?: readonly string[];
      readonly interval?: string;
    };
    const says = (...messages: ServerMessage[]) => last().says(...messages);
    const refuse = (code: string, message = "") => {
      if (++state.refusals > 20) {
        state.closed++;
        last().breaks(1008, "too many bad messages");
      } else says({ type: "error", id, code, message });
    };
    if (type === "ping") {
      state.refusals = 0;
      says({ type: "pong", id });
      return;
    }
    requests.push(message);
    if (type === "pause" || type === "resume") return;
    if (limits.refuses) {
      refuse(limits.refuses.code, limits.refuses.message);
      return;
    }
    const keys = [...bars.map((s) => `${interval} ${s}`), ...trades.map((s) => `trades ${s}`)];
    if (type === "unsubscribe") {
      for (const symbol of symbols) state.symbols.delete(symbol);
      for (const key of keys) state.series.delete(key);
      state.refusals = 0;
      says({ type: "unsubscribed", id, symbols });
      return;
    }
    const follows = new Set([...state.symbols, ...symbols]);
    const series = new Set([...state.series, ...keys]);
    const tooLong = symbols.some((name) => limits.tooLong.includes(name));
    if (tooLong || follows.size > limits.maxSymbols || series.size > limits.maxSeries) {
      refuse("too_many_symbols");
      return;
    }
    state.symbols = follows;
    state.series = series;
    state.refusals = 0;
    says({ type: "subscribed", id, symbols, rate: 10 });
    if (symbols.length) says(of(symbols));
    for (const symbol of bars) {
      says({
        type: "bars",
        seq: ++seq,
        time: 1,
        symbol,
        interval,
        reset: true,
        bars: [{ t: 0, o: 1, h: 1, l: 1, c: 1 }],
      });
    }
    for (const symbol of trades) {
      says({ type: "trades", seq: ++seq, time: 1, symbol, reset: true, skipped: 0, trades: [{ i: 1, p: 1, t: 1 }] });
    }
  };

  return {
    WebSocket,
    sockets,
    last,
    limits,
    state,
    requests,
    open,
    /** Answers what the client sends, ten ms after each other, for so many ms. */
    async serve(ms: number, tick: (ms: number) => Promise<unknown>): Promise<void> {
      for (let passed = 0; passed < ms; passed += 10) {
        await tick(10);
        if (passed % 1000 === 0) last().says({ type: "heartbeat" });
        const { sent } = last();
        const end = sent.length;
        while (taken < end) answer(sent[taken++] as Record<string, unknown>);
      }
    },
  };
}

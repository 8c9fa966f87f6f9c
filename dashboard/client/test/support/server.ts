import { seriesKey } from "../../src/interest/want.ts";
import type { ClientMessage, Quote, ServerMessage } from "../../src/protocol/messages.ts";
import type { Closing } from "../../src/transport/closing.ts";
import type { StreamRequest } from "../../src/transport/transport.ts";
import { createHistory } from "./history.ts";

interface Handlers {
  readonly message: (message: ServerMessage) => void;
  readonly closed: (closing: Closing) => void;
}
interface Subscriber {
  readonly owner: unknown;
  readonly handlers: Handlers;
  readonly follows: Set<string>;
  readonly series: Set<string>; // the keys
  open: boolean;
  paused: boolean;
  sent: number; // the seq that it has been sent
}
interface Value {
  readonly p: number;
  readonly seq: number;
}

const interval = 250; // ms between two flushes
const beat = 5000; // ms

/** What a message names by series. */
const seriesOf = ({ bars = [], trades = [], interval = "1m" }: Record<string, unknown>) => [
  ...(bars as readonly string[]).map((symbol) => seriesKey({ symbol, interval: interval as string })),
  ...(trades as readonly string[]).map((symbol) => seriesKey({ symbol })),
];

/** The server by the rules of PROTOCOL.md, as far as quotes, bars and trades go. `after` plans what it does by itself. */
export function createFakeServer(after: (ms: number, run: () => void) => unknown, now: () => number) {
  let epoch = 1;
  let seq = 1;
  let up = true;
  let count = 0;
  let values = new Map<string, Value>();
  const dirty = new Set<string>();
  const subscribers = new Set<Subscriber>();
  /** When a price was replaced by a newer one. */
  const replaced = new Map<number, number>();
  const history = createHistory(now);

  const quotes = (symbols: Iterable<string>, since: number): Quote[] =>
    [...symbols].flatMap((s) => {
      const value = values.get(s);
      return value && value.seq > since ? [{ s, p: value.p }] : [];
    });
  const flush = () => {
    if (!up || dirty.size === 0) return;
    seq++;
    for (const s of dirty) {
      values.set(s, { p: (values.get(s) as Value).p, seq });
      history.flush(s, seq);
    }
    for (const one of subscribers) {
      if (one.paused || !one.open) continue;
      const changed = quotes(
        [...dirty].filter((s) => one.follows.has(s)),
        0,
      );
      for (const key of one.series) {
        for (const message of history.messages(key, seq - 1, seq)) one.handlers.message(message);
      }
      one.sent = seq;
      if (changed.length) one.handlers.message({ type: "update", seq, time: now() * 1000, quotes: changed });
    }
    dirty.clear();
  };
  const position = (since: string | null | undefined) =>
    since?.startsWith(`e${epoch}-`) ? Number(since.split("-")[1]) : null;

  return {
    quote: (symbol: string): number | undefined => (dirty.has(symbol) ? undefined : values.get(symbol)?.p),
    /** What anybody follows but for these. */
    follows: (without: readonly unknown[]): readonly string[] =>
      [...subscribers].flatMap(({ owner, follows }) => (without.includes(owner) ? [] : [...follows])),
    epoch: (): string => `e${epoch}`,
    bars: (symbol: string) => history.bars(symbol, 0),
    trades: (symbol: string) => history.trades(symbol, 0),
    replaced: (price: number): number => replaced.get(price) ?? Number.POSITIVE_INFINITY,
    connections: (): readonly unknown[] => [...subscribers].filter(({ open }) => open).map(({ owner }) => owner),

    /** A price changes; it is sent with the next flush. */
    tick(symbol: string): void {
      const old = values.get(symbol);
      if (old) replaced.set(old.p, now());
      if (dirty.size === 0) after(interval, flush);
      dirty.add(symbol);
      values.set(symbol, { p: ++count, seq: old?.seq ?? 0 });
      history.add(symbol, count);
    },
    /** All connections end. */
    drop(): void {
      for (const one of subscribers) one.handlers.closed({ reason: "" });
      subscribers.clear();
    },
    /** It is away, or there again: another run, with other prices. */
    turn(on: boolean): void {
      if (on === up) return;
      up = on;
      if (!on) {
        this.drop();
        return;
      }
      epoch++;
      seq = 1;
      dirty.clear();
      for (const { p } of values.values()) replaced.set(p, now());
      values = new Map([...values.keys()].map((s) => [s, { p: ++count, seq: 1 }]));
      history.clear();
      for (const [symbol, { p }] of values) history.add(symbol, p, 1);
    },
    /** What a killed tab had open is closed. */
    forget(owner: unknown): void {
      for (const one of subscribers) if (one.owner === owner) subscribers.delete(one);
    },

    accept(owner: unknown, handlers: Handlers) {
      const one: Subscriber = {
        owner,
        handlers,
        follows: new Set(),
        series: new Set(),
        open: false,
        paused: false,
        sent: 0,
      };
      const say = (message: ServerMessage) => {
        if (subscribers.has(one)) handlers.message(message);
      };
      const snapshot = (symbols: Iterable<string>, since: number | null) =>
        say({
          type: "snapshot",
          seq,
          time: now() * 1000,
          quotes: quotes(symbols, since ?? 0),
          ...(since !== null && { resumed: true }),
        });
      const follow = (keys: readonly string[], since: number | null) => {
        for (const key of keys) {
          one.series.add(key);
          for (const message of history.messages(key, since, seq)) say(message);
        }
      };
      /** What a pause has kept back. */
      const catchUp = () => {
        follow([...one.series], one.sent);
        if (one.follows.size) snapshot(one.follows, one.sent);
        one.sent = seq;
      };
      const heartbeat = () => {
        if (!subscribers.has(one)) return;
        say({ type: "heartbeat", seq, time: now() * 1000 });
        after(beat, heartbeat);
      };
      if (up) subscribers.add(one);
      return {
        open({ symbols, since }: StreamRequest): void {
          if (!subscribers.has(one)) {
            handlers.closed({ reason: "" });
            return;
          }
          one.open = true;
          one.sent = seq;
          say({ type: "hello", protocol: 1, epoch: `e${epoch}`, seq, time: now() * 1000, heartbeat_ms: beat });
          after(beat, heartbeat);
          for (const s of symbols) one.follows.add(s);
          if (symbols.length === 0) return;
          say({ type: "subscribed", symbols, rate: 4 });
          snapshot(symbols, position(since));
        },
        receive(message: ClientMessage): void {
          if (!subscribers.has(one)) return;
          if (message.type === "subscribe") {
            const { id, symbols = [], since } = message;
            if (one.paused && one.sent < seq) catchUp(); // so that one position holds for all
            for (const s of symbols) one.follows.add(s);
            say({ type: "subscribed", id, symbols, rate: 4 });
            if (symbols.length) snapshot(symbols, position(since));
            follow(seriesOf({ ...message }), position(since));
          } else if (message.type === "unsubscribe") {
            const { id, symbols = [] } = message;
            for (const s of symbols) one.follows.delete(s);
            for (const key of seriesOf({ ...message })) one.series.delete(key);
            say({ type: "unsubscribed", id, symbols });
          } else if (message.type === "ping") say({ type: "pong", id: message.id, time: now() * 1000 });
          else if (message.type === "pause") one.paused = true;
          else if (message.type === "resume" && one.paused) {
            one.paused = false;
            catchUp();
          }
        },
        close: () => void subscribers.delete(one),
      };
    },
  };
}

/** The server of a test. */
export type FakeServer = ReturnType<typeof createFakeServer>;

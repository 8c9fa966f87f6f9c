import { vi } from "vitest";
import { type Connection, createConnection } from "../../src/connection/connection.ts";
import type { ConnectionOptions } from "../../src/connection/stream.ts";
import { createLadder } from "../../src/fallback/ladder.ts";
import type { Fallback, Memory } from "../../src/fallback/memory.ts";
import { type PauseReason, wantsNothing } from "../../src/interest/want.ts";
import type { ClientMessage, ServerMessage } from "../../src/protocol/messages.ts";
import { createSubscriptions } from "../../src/subscriptions/subscriptions.ts";
import type { Closing } from "../../src/transport/closing.ts";
import type { StreamHandlers, StreamRequest, Transport, TransportName } from "../../src/transport/transport.ts";

interface FakeStream {
  readonly name: TransportName;
  readonly request: StreamRequest;
  readonly sent: ClientMessage[];
  readonly says: (...messages: ServerMessage[]) => void;
  readonly closes: (closing?: Partial<Closing>) => void;
  buffered: number;
  open: boolean;
}

export const hello = (epoch = "e", seq = 1): ServerMessage => ({ type: "hello", protocol: 1, epoch, seq, time: 0 });
export const snapshot = (seq: number, more: object = {}): ServerMessage => ({
  type: "snapshot",
  seq,
  time: 0,
  quotes: [],
  ...more,
});
export const update = (seq: number, more: object = {}): ServerMessage => ({
  type: "update",
  seq,
  time: 0,
  quotes: [],
  ...more,
});

interface Setup extends Partial<ConnectionOptions> {
  /** Of the transports, the best first. */
  readonly names?: readonly [TransportName, ...TransportName[]];
  readonly memory?: Memory;
}

/** A connection with its ladder, as a client puts them together. */
export const setup = (given: Setup = {}, symbols: readonly string[] = ["A", "B"]) => {
  const streams: FakeStream[] = [];
  const transport = (name: TransportName, duplex: boolean, quiet: number): Transport => ({
    name,
    duplex,
    quiet,
    open(request: StreamRequest, handlers: StreamHandlers) {
      const stream: FakeStream = {
        name,
        request,
        sent: [],
        buffered: 0,
        open: true,
        says: (...messages) => {
          for (const message of messages) handlers.message(message);
        },
        closes: (closing) => handlers.closed({ reason: "", ...closing }),
      };
      streams.push(stream);
      return {
        send: (message) => {
          if (duplex && stream.open) stream.sent.push(message);
          return duplex && stream.open;
        },
        buffered: () => stream.buffered,
        close: () => {
          stream.open = false;
        },
      };
    },
  });
  const reachable = vi.fn(async () => true);
  let remembered: Fallback | null = null;
  const remembering = {
    load: () => remembered,
    save: vi.fn((fallback: Fallback | null) => {
      remembered = fallback;
    }),
  };
  const { names = ["websocket", "sse", "poll"], memory = remembering, ...options } = given;
  const all = {
    websocket: transport("websocket", true, 0),
    sse: transport("sse", false, 0),
    poll: transport("poll", false, 25_000),
  };
  const [best, ...others] = names;
  const connection: Connection = createConnection({
    transport: all[best],
    blocked: (blocked, proven) => ladder.next(blocked, proven),
    online: () => true,
    now: Date.now,
    random: () => 0.5,
    ...options,
  });
  const ladder = createLadder(connection, [all[best], ...others.map((name) => all[name])], reachable, Date.now, memory);
  connection.addSubscriptions(createSubscriptions);
  connection.use(ladder.first());
  // What is wanted, as it is changed step by step.
  const wanted = new Set(symbols);
  const pauses = new Set<PauseReason>();
  let fields: readonly string[] | null = null;
  const tell = () =>
    connection.want({
      ...wantsNothing,
      symbols: [...wanted],
      fields,
      paused: pauses.size > 0,
      hidden: pauses.has("hidden"),
    });
  const change = {
    subscribe(more: Iterable<string>) {
      for (const symbol of more) wanted.add(symbol);
      tell();
    },
    unsubscribe(less: Iterable<string>) {
      for (const symbol of less) wanted.delete(symbol);
      tell();
    },
    choose(next: readonly string[]) {
      fields = next;
      tell();
    },
    pause(reason: PauseReason) {
      pauses.add(reason);
      tell();
    },
    resume(reason: PauseReason) {
      pauses.delete(reason);
      tell();
    },
  };
  tell();
  connection.connect();
  return {
    connection: Object.assign(connection, change),
    streams,
    reachable,
    memory: remembering,
    last: () => streams.at(-1) as FakeStream,
  };
};

export const phases = (connection: Connection) => {
  const seen: string[] = [];
  connection.on("state", ({ phase }) => {
    if (seen.at(-1) !== phase) seen.push(phase);
  });
  return seen;
};

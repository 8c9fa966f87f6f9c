import { beforeEach, describe, expect, test, vi } from "vitest";
import { type Connection, type ConnectionOptions, createConnection } from "./connection.ts";
import { createLadder } from "./ladder.ts";
import type { Fallback, Memory } from "./memory.ts";
import type { ClientMessage, ServerMessage } from "./protocol.ts";
import type { Closing, StreamHandlers, StreamRequest, Transport, TransportName } from "./transport.ts";
import { type PauseReason, wantsNothing } from "./want.ts";

interface FakeStream {
  readonly name: TransportName;
  readonly request: StreamRequest;
  readonly sent: ClientMessage[];
  readonly says: (...messages: ServerMessage[]) => void;
  readonly closes: (closing?: Partial<Closing>) => void;
  buffered: number;
  open: boolean;
}

const hello = (epoch = "e", seq = 1): ServerMessage => ({ type: "hello", protocol: 1, epoch, seq, time: 0 });
const snapshot = (seq: number, more: object = {}): ServerMessage => ({
  type: "snapshot",
  seq,
  time: 0,
  quotes: [],
  ...more,
});
const update = (seq: number, more: object = {}): ServerMessage => ({
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
const setup = (given: Setup = {}, symbols: readonly string[] = ["A", "B"]) => {
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
  const ladder = createLadder(connection, {
    transports: [all[best], ...others.map((name) => all[name])],
    reachable,
    memory,
    now: Date.now,
  });
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

const tick = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const phases = (connection: Connection) => {
  const seen: string[] = [];
  connection.on("state", ({ phase }) => {
    if (seen.at(-1) !== phase) seen.push(phase);
  });
  return seen;
};

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));

describe("events", () => {
  test("messages are told until the listener leaves", () => {
    const { connection, last } = setup();
    const heard: string[] = [];
    const stop = connection.on("message", ({ type }) => heard.push(type));
    last().says(hello(), snapshot(1), update(2));
    stop();
    last().says(update(3));
    expect(heard).toEqual(["hello", "snapshot", "update"]);
  });

  test("a replaced stream is not listened to any more", async () => {
    const { connection, streams, last } = setup();
    last().says(hello(), snapshot(1));
    last().closes();
    await tick(500);
    const heard = vi.fn();
    connection.on("message", heard);
    streams[0]?.says(update(9));
    streams[0]?.closes();
    expect(heard).not.toHaveBeenCalled();
    expect(streams).toHaveLength(2);
  });

  test("it is synced when all parts of the first snapshot are there", () => {
    const { connection, last } = setup();
    const synced = vi.fn();
    connection.on("synced", synced);
    last().says(hello(), snapshot(4, { more: true }));
    expect(connection.state).toMatchObject({ phase: "open", synced: false });
    last().says(snapshot(4));
    expect(synced).toHaveBeenCalledExactlyOnceWith({ resumed: false });
    expect(connection.state.synced).toBe(true);
  });
});

describe("resuming", () => {
  test("the position moves with the last part only, and the next stream asks for what came after", async () => {
    const { connection, last } = setup();
    last().says(hello("e"), snapshot(4), update(5), update(6, { more: true }));
    expect(connection.position).toBe("e-5");
    last().closes();
    await tick(500);
    expect(last().request).toMatchObject({ symbols: ["A", "B"], since: "e-5" });
    last().says(hello("e", 9), snapshot(9, { resumed: true }));
    expect(connection.position).toBe("e-9");
  });

  test("another run of the server starts over", async () => {
    const { connection, last } = setup();
    last().says(hello("e"), snapshot(4));
    last().closes();
    await tick(500);
    last().says(hello("f"));
    expect(connection.position).toBeNull();
    last().says(snapshot(2));
    expect(connection.position).toBe("f-2");
  });

  test("a symbol that was never told makes the next stream tell everything", async () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(4));
    connection.subscribe(["C"]);
    await tick(0);
    last().says(update(5)); // of A and B: the position does not speak for C
    last().closes();
    await tick(500);
    expect(last().request).toMatchObject({ symbols: ["A", "B", "C"], since: null });
  });

  test("a snapshot of added symbols does not move the position past what the others were told", async () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(4));
    connection.subscribe(["C"]);
    await tick(0);
    last().says({ type: "subscribed", id: -1, symbols: ["C"] }, snapshot(8));
    expect(connection.position).toBe("e-4");
    last().closes();
    await tick(500);
    expect(last().request).toMatchObject({ symbols: ["A", "B", "C"], since: "e-4" });
  });

  test("other fields than those that were told make the next stream tell everything", async () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(4));
    last().closes();
    connection.choose(["p"]);
    await tick(500);
    expect(last().request).toMatchObject({ fields: ["p"], since: null });
  });

  test("parts of the first snapshot that have come are no position", async () => {
    const many = Array.from({ length: 300 }, (_, i) => `SYM${i}`);
    const { connection, last } = setup({}, many);
    last().says(hello(), snapshot(3), snapshot(3), snapshot(3));
    last().closes();
    await tick(500);
    last().says(hello("e", 9), snapshot(9, { resumed: true }));
    last().closes();
    expect(connection.position).toBe("e-3");
  });

  test("a refused request is not waited for", async () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(4));
    connection.subscribe(["C"]);
    await tick(0);
    last().says({ type: "error", id: -1, code: "too_many_symbols" });
    last().closes();
    await tick(500);
    expect(last().request.since).toBe("e-4");
  });

  test("a symbol that was taken off and put back is told anew", async () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(4));
    last().closes();
    connection.unsubscribe(["B"]);
    connection.subscribe(["B"]);
    await tick(500);
    expect(last().request.since).toBeNull();
  });
});

describe("subscriptions", () => {
  test("one turn's changes are one message, and changes that cancel out are none", async () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    connection.subscribe(["C"]);
    connection.subscribe(["D"]);
    connection.unsubscribe(["A"]);
    connection.subscribe(["E"]);
    connection.unsubscribe(["E"]);
    await tick(0);
    expect(last().sent).toEqual([
      { type: "unsubscribe", id: -1, symbols: ["A"] },
      { type: "subscribe", id: -2, symbols: ["C", "D"] },
    ]);
  });

  test("what is asked for while the stream is opening follows when it is open", async () => {
    const { connection, last } = setup();
    connection.subscribe(["C"]);
    await tick(0);
    expect(last().sent).toEqual([]);
    last().says(hello(), snapshot(1));
    expect(last().sent).toEqual([{ type: "subscribe", id: -1, symbols: ["C"] }]);
  });

  test("too many for a URL are asked for in messages, with the position", async () => {
    const many = Array.from({ length: 600 }, (_, i) => `SYM${i}`);
    const { connection, last } = setup({}, many);
    expect(last().request).toMatchObject({ symbols: [], since: null });
    last().says(hello());
    const parts = last().sent;
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(JSON.stringify(part).length).toBeLessThan(4096);
    expect(parts.flatMap((part) => ("symbols" in part ? part.symbols : []))).toEqual(many);

    parts.forEach((_, i) => {
      expect(connection.state.synced).toBe(false);
      last().says({ type: "subscribed", id: i + 1, symbols: [] }, snapshot(5 + i));
    });
    expect(connection.state.synced).toBe(true);
    expect(connection.position).toBe("e-5"); // the oldest of them holds for all

    last().closes();
    await tick(500);
    last().says(hello("e", 20));
    expect(last().sent[0]).toMatchObject({ type: "subscribe", since: "e-5" });
  });

  test("a full line is not fed", async () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    last().buffered = 100_000;
    connection.subscribe(["C"]);
    await tick(100);
    expect(last().sent).toEqual([]);
    last().buffered = 0;
    await tick(200);
    expect(last().sent).toHaveLength(1);
  });

  test("streams that only listen are opened anew, without a word about it", async () => {
    const { connection, last, streams } = setup({ names: ["sse"] });
    last().says(hello(), snapshot(1));
    const seen = phases(connection);
    connection.subscribe(["C"]);
    connection.subscribe(["D"]);
    await tick(100);
    expect(streams).toHaveLength(2);
    expect(last().request.symbols).toEqual(["A", "B", "C", "D"]);
    last().says(hello(), snapshot(2));
    expect(seen).toEqual(["open"]);
  });
});

describe("what is wanted while a stream opens", () => {
  test("is asked for as soon as it has said something, be it nothing", async () => {
    const { connection, last, streams } = setup({ names: ["sse"] }, []);
    connection.subscribe(["C"]);
    last().says({ type: "heartbeat" }); // all that is said where nothing has been asked for
    await tick(100);
    expect(streams).toHaveLength(2);
    expect(last().request.symbols).toEqual(["C"]);
    last().says(hello(), snapshot(1));
    await tick(1000);
    expect(streams).toHaveLength(2);
  });
});

describe("a list and single symbols", () => {
  test("are told anew together, since one that is given up may be in a list that is not", async () => {
    const { connection, last, streams } = setup({}, ["#some", "A"]);
    last().says(hello("e", 3), snapshot(3));
    const seen = phases(connection);
    connection.subscribe(["B"]);
    await tick(0);
    expect(last().sent).toMatchObject([{ type: "subscribe", symbols: ["B"] }]);
    connection.unsubscribe(["A"]);
    await tick(0);
    expect(streams).toHaveLength(2);
    expect(last().request).toMatchObject({ symbols: ["#some", "B"], since: null });
    last().says(hello("e", 4), snapshot(4));
    connection.unsubscribe(["#some"]); // what is left is named
    await tick(0);
    expect(streams).toHaveLength(2);
    expect(last().sent).toMatchObject([
      { type: "unsubscribe", symbols: ["*"] },
      { type: "subscribe", symbols: ["B"] },
    ]);
    expect(seen.every((phase) => phase === "open")).toBe(true);
  });
});

describe("losing it", () => {
  test("it waits a random part of a growing delay, which a short success does not shorten", async () => {
    const { connection, last, streams } = setup();
    last().says(hello(), snapshot(1));
    for (const delay of [250, 500, 1000, 2000]) {
      last().closes();
      expect(connection.state).toMatchObject({ phase: "waiting", retryAt: Date.now() + delay });
      const before = streams.length;
      await tick(delay - 1);
      expect(streams).toHaveLength(before);
      await tick(1);
      expect(streams).toHaveLength(before + 1);
      last().says(hello(), snapshot(1));
    }
    for (let i = 0; i < 5; i++) {
      await tick(2500);
      last().says(update(2 + i));
    }
    last().closes();
    expect(connection.state.retryAt).toBe(Date.now() + 250);
  });

  test("silence of two and a half heartbeats is a loss, without waiting for a close", async () => {
    const { connection, last, streams } = setup();
    last().says({ ...hello(), heartbeat_ms: 2000 } as ServerMessage, snapshot(1));
    await tick(4999);
    expect(connection.state.phase).toBe("open");
    await tick(1);
    expect(connection.state).toMatchObject({ phase: "waiting", reason: "the line went silent" });
    expect(streams[0]?.open).toBe(false);
  });

  test("any message keeps it alive", async () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    for (let i = 0; i < 10; i++) {
      await tick(12_000);
      last().says({ type: "heartbeat" });
    }
    expect(connection.state.phase).toBe("open");
  });

  test("a server that names a delay gets a random part of it", () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    last().closes({ code: 1012, within: 4000 });
    expect(connection.state.retryAt).toBe(Date.now() + 2000);
  });

  test("a server that asks to be left alone is, for at least that long", () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    last().closes({ after: 3000 });
    expect(connection.state.retryAt).toBe(Date.now() + 3250);
  });

  test("a stream that only says why it ends is no connection, and no blocked transport either", async () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    last().closes();
    const { lostAt } = connection.state;
    for (let i = 0; i < 3; i++) {
      await tick(400);
      last().says({ type: "error", code: "full", message: "retry_ms=100" });
      last().closes({ within: 100 });
    }
    expect(connection.state).toMatchObject({ phase: "waiting", transport: "websocket", lostAt });
  });

  test("a refusal stops it, until someone asks for another try", async () => {
    const { connection, last, streams } = setup();
    last().closes({ code: 1008, reason: "origin not allowed", comeBack: false });
    expect(connection.state).toMatchObject({ phase: "stopped", reason: "origin not allowed" });
    await tick(600_000);
    expect(streams).toHaveLength(1);
    connection.retryNow();
    expect(streams).toHaveLength(2);
  });

  test("offline it does not try, and online it does", async () => {
    let online = false;
    const { connection, last, streams } = setup({ online: () => online });
    last().says(hello(), snapshot(1));
    last().closes();
    expect(connection.state.phase).toBe("offline");
    await tick(60_000);
    expect(streams).toHaveLength(1);
    online = true;
    connection.networkChanged();
    expect(streams).toHaveLength(2);
  });

  test("disconnect is the end of it", async () => {
    const { connection, last, streams } = setup();
    last().says(hello(), snapshot(1));
    connection.disconnect();
    await tick(600_000);
    expect(connection.state.phase).toBe("idle");
    expect(streams).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("falling back", () => {
  test("a WebSocket that fails twice while the server answers is blocked: SSE it is, within a second", async () => {
    const { connection, last, memory } = setup();
    last().closes();
    await tick(250);
    last().closes();
    await tick(0);
    expect(last().name).toBe("sse");
    expect(memory.save).toHaveBeenCalledWith({ transport: "sse", until: Date.now() + 600_000 });
    last().says(hello(), snapshot(1));
    expect(connection.state).toMatchObject({ phase: "open", transport: "sse" });
  });

  test("and long polling when SSE fails as well", async () => {
    const { last, connection } = setup();
    for (const name of ["websocket", "sse"]) {
      expect(last().name).toBe(name);
      last().closes();
      await tick(250);
      last().closes();
      await tick(0);
    }
    expect(last().name).toBe("poll");
    last().closes();
    last().closes();
    await tick(60_000);
    expect(last().name).toBe("poll"); // there is nothing below
    expect(connection.state.transport).toBe("poll");
  });

  test("a stream that says nothing for five seconds counts as both tries", async () => {
    const { last } = setup();
    await tick(5000);
    expect(last().name).toBe("sse");
  });

  test("a server that is away is no reason to fall back", async () => {
    const { last, reachable } = setup();
    reachable.mockResolvedValue(false);
    for (let i = 0; i < 6; i++) {
      last().closes();
      await tick(30_000);
      expect(last().name).toBe("websocket");
    }
  });

  test("nor is one that says it is restarting or full", async () => {
    const { last } = setup();
    for (let i = 0; i < 4; i++) {
      last().closes({ code: 1013, within: 100 });
      await tick(1000);
    }
    expect(last().name).toBe("websocket");
  });

  test("what has worked here is asked once more before it is given up: the server may just be back", async () => {
    const { last, streams, reachable } = setup();
    last().says(hello(), snapshot(1));
    last().closes();
    await tick(500);
    reachable.mockResolvedValue(false);
    last().closes();
    await tick(1000);
    last().closes();
    await tick(1500);
    reachable.mockResolvedValue(true);
    const before = streams.length;
    last().closes();
    await tick(0);
    expect(streams).toHaveLength(before + 1);
    expect(last().name).toBe("websocket");
    last().closes();
    await tick(0);
    expect(last().name).toBe("sse");
  });

  test("the reader's choice of transport is kept to", async () => {
    const { last } = setup({ names: ["websocket"] });
    for (let i = 0; i < 5; i++) {
      last().closes();
      await tick(30_000);
    }
    expect(last().name).toBe("websocket");
  });

  test("a remembered fallback is where the next page starts", () => {
    const memory = { load: () => ({ transport: "poll" as const, until: Date.now() + 1000 }), save: () => {} };
    expect(setup({ memory }).last().name).toBe("poll");
  });

  test("one that has lasted long enough is forgotten", () => {
    const memory = { load: () => ({ transport: "poll", until: Date.now() }), save: vi.fn() };
    expect(setup({ memory }).last().name).toBe("websocket");
    expect(memory.save).toHaveBeenCalledExactlyOnceWith(null);
  });

  test("one that is none of ours is not", () => {
    const memory = { load: () => ({ transport: "carrier pigeon", until: Date.now() + 1000 }), save: () => {} };
    expect(setup({ memory }).last().name).toBe("websocket");
  });

  test("after ten minutes WebSocket is tried beside the stream that works, and taken when it speaks", async () => {
    const { connection, last, streams } = setup({
      memory: { load: () => ({ transport: "sse", until: Date.now() + 600_000 }), save: vi.fn() },
    });
    const stay = async (ms: number) => {
      for (let spent = 0; spent < ms; spent += 10_000) {
        await tick(10_000);
        streams.find(({ name, open }) => name === "sse" && open)?.says({ type: "heartbeat" });
      }
    };
    last().says(hello(), snapshot(1));
    const seen = phases(connection);
    await stay(600_000);
    const trial = last();
    expect(trial).toMatchObject({ name: "websocket", request: { symbols: [], since: null } });
    trial.closes(); // still blocked
    await stay(600_000);
    last().says(hello());
    expect(last()).toMatchObject({ name: "websocket", request: { symbols: ["A", "B"], since: "e-1" } });
    last().says(hello(), snapshot(9, { resumed: true }));
    expect(seen).toEqual(["open"]);
    expect(connection.state.transport).toBe("websocket");
  });
});

describe("pausing", () => {
  test("a WebSocket is asked to hold its tongue, once for all reasons", () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    connection.pause("hidden");
    connection.pause("user");
    expect(connection.state).toMatchObject({ phase: "open", paused: true });
    connection.resume("hidden");
    expect(last().sent.map(({ type }) => type)).toEqual(["pause"]);
    connection.resume("user");
    expect(last().sent.map(({ type }) => type)).toEqual(["pause", "resume"]);
    last().says(snapshot(40, { resumed: true }));
    expect(connection.position).toBe("e-40");
  });

  test.each(["sse", "poll"] as const)("%s is closed, and resumed from its position", (name) => {
    const { connection, last, streams } = setup({ names: [name] });
    last().says(hello(), snapshot(7));
    connection.pause("hidden");
    expect(streams[0]?.open).toBe(false);
    expect(connection.state.phase).toBe("resting");
    connection.resume("hidden");
    expect(last().request.since).toBe("e-7");
  });

  test("a page hidden for five minutes gives its socket back", async () => {
    const { connection, last, streams } = setup();
    last().says(hello(), snapshot(1));
    connection.pause("hidden");
    for (let i = 0; i < 30; i++) {
      await tick(10_000);
      last().says({ type: "heartbeat" });
    }
    expect(connection.state.phase).toBe("resting");
    connection.resume("hidden");
    expect(streams).toHaveLength(2);
  });

  test("and so does one that was hidden when it connected", async () => {
    const { connection, last } = setup();
    connection.disconnect();
    connection.pause("hidden");
    await tick(300_000);
    expect(connection.state.phase).toBe("idle");
    connection.connect();
    last().says(hello(), snapshot(1));
    expect(last().sent.map(({ type }) => type)).toEqual(["pause"]);
    for (let i = 0; i < 30; i++) {
      await tick(10_000);
      last().says({ type: "heartbeat" });
    }
    expect(connection.state.phase).toBe("resting");
  });

  test("nobody retries while nobody looks", async () => {
    const { connection, last, streams } = setup();
    last().says(hello(), snapshot(1));
    connection.pause("hidden");
    last().closes();
    await tick(120_000);
    expect(streams).toHaveLength(1);
    connection.resume("hidden");
    expect(streams).toHaveLength(2);
  });

  test("shown again after a sleep, it sees that the line is dead at once", async () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    vi.setSystemTime(Date.now() + 3_600_000);
    connection.wake();
    expect(connection.state.phase).toBe("waiting");
    await tick(500);
    expect(connection.state.phase).toBe("connecting");
  });
});

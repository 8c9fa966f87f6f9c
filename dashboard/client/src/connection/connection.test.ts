import { beforeEach, describe, expect, test, vi } from "vitest";
import { hello, phases, setup, snapshot, update } from "../../test/support/connection.ts";
import { tick } from "../../test/support/fakes.ts";
import type { ServerMessage } from "../protocol/messages.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));

describe("events", () => {
  test("messages are emitted until the listener leaves", () => {
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
    expect(connection.state()).toMatchObject({ phase: "open", synced: false });
    last().says(snapshot(4));
    expect(synced).toHaveBeenCalledExactlyOnceWith({ resumed: false });
    expect(connection.state().synced).toBe(true);
  });
});

describe("resuming", () => {
  test("the position moves with the last part only, and the next stream asks for what came after", async () => {
    const { connection, last } = setup();
    last().says(hello("e"), snapshot(4), update(5), update(6, { more: true }));
    expect(connection.position()).toBe("e-5");
    last().closes();
    await tick(500);
    expect(last().request).toMatchObject({ symbols: ["A", "B"], since: "e-5" });
    last().says(hello("e", 9), snapshot(9, { resumed: true }));
    expect(connection.position()).toBe("e-9");
  });

  test("another run of the server starts over", async () => {
    const { connection, last } = setup();
    last().says(hello("e"), snapshot(4));
    last().closes();
    await tick(500);
    last().says(hello("f"));
    expect(connection.position()).toBeNull();
    last().says(snapshot(2));
    expect(connection.position()).toBe("f-2");
  });

  test("a symbol without a snapshot makes the next stream start over", async () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(4));
    connection.subscribe(["C"]);
    await tick(0);
    last().says(update(5)); // of A and B: the position does not speak for C
    last().closes();
    await tick(500);
    expect(last().request).toMatchObject({ symbols: ["A", "B", "C"], since: null });
  });

  test("a snapshot of added symbols does not move the position past that of the others", async () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(4));
    connection.subscribe(["C"]);
    await tick(0);
    last().says({ type: "subscribed", id: -1, symbols: ["C"] }, snapshot(8));
    expect(connection.position()).toBe("e-4");
    last().closes();
    await tick(500);
    expect(last().request).toMatchObject({ symbols: ["A", "B", "C"], since: "e-4" });
  });

  test("other fields make the next stream start over", async () => {
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
    expect(connection.position()).toBe("e-3");
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

  test("a symbol that was taken off and put back gets a full snapshot", async () => {
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
      expect(connection.state().synced).toBe(false);
      last().says({ type: "subscribed", id: i + 1, symbols: [] }, snapshot(5 + i));
    });
    expect(connection.state().synced).toBe(true);
    expect(connection.position()).toBe("e-5"); // the oldest of them holds for all

    last().closes();
    await tick(500);
    last().says(hello("e", 20));
    expect(last().sent[0]).toMatchObject({ type: "subscribe", since: "e-5" });
  });

  test("what has become known meanwhile is no answer to a request", async () => {
    const names = Array.from({ length: 150 }, (_, i) => `A_LONG_NAME_OF_A_SYMBOL_${i}`);
    const { connection, last } = setup({}, names);
    connection.connect();
    await tick(0);
    last().says(hello("e", 3));
    const [first, second] = last().sent;
    last().says({ type: "subscribed", id: Number(first?.["id"]), unknown: ["LATE"] }, snapshot(3));
    last().says({ type: "subscribed", symbols: ["LATE"] }, snapshot(5, { resumed: true }));
    expect(connection.state().synced).toBe(false);
    last().says({ type: "subscribed", id: Number(second?.["id"]), symbols: [] }, snapshot(5));
    expect(connection.state().synced).toBe(true);
    last().says({ type: "subscribed", symbols: ["LATER"] }, snapshot(9, { resumed: true }));
    expect(connection.position()).toBe("e-9");
  });

  test("nothing is sent into a full socket", async () => {
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

  test("streams that cannot send are opened anew, without an event", async () => {
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
  test("is asked for at its first message, also when that is a heartbeat", async () => {
    const { connection, last, streams } = setup({ names: ["sse"] }, []);
    connection.subscribe(["C"]);
    last().says({ type: "heartbeat" }); // the only message where nothing has been asked for
    await tick(100);
    expect(streams).toHaveLength(2);
    expect(last().request.symbols).toEqual(["C"]);
    last().says(hello(), snapshot(1));
    await tick(1000);
    expect(streams).toHaveLength(2);
  });
});

describe("a list and single symbols", () => {
  test("are asked for again together, since one that is given up may be in a list that is not", async () => {
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
      expect(connection.state()).toMatchObject({ phase: "waiting", retryAt: Date.now() + delay });
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
    expect(connection.state().retryAt).toBe(Date.now() + 250);
  });

  test("silence of two and a half heartbeats is a loss, without waiting for a close", async () => {
    const { connection, last, streams } = setup();
    last().says({ ...hello(), heartbeat_ms: 2000 } as ServerMessage, snapshot(1));
    await tick(4999);
    expect(connection.state().phase).toBe("open");
    await tick(1);
    expect(connection.state()).toMatchObject({ phase: "waiting", reason: "no heartbeat" });
    expect(streams[0]?.open).toBe(false);
  });

  test("the heartbeat that a hello announces holds from then on", async () => {
    const { connection, last } = setup({}, []);
    last().says({ ...hello(), heartbeat_ms: 30_000 } as ServerMessage); // nothing is followed: a heartbeat is next
    await tick(30_000);
    expect(connection.state().phase).toBe("open");
    await tick(45_000);
    expect(connection.state().phase).toBe("waiting");
  });

  test("any message keeps it alive", async () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    for (let i = 0; i < 10; i++) {
      await tick(12_000);
      last().says({ type: "heartbeat" });
    }
    expect(connection.state().phase).toBe("open");
  });

  test("a server that names a delay gets a random part of it", () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    last().closes({ within: 4000 });
    expect(connection.state().retryAt).toBe(Date.now() + 2000);
  });

  test("a server that asks to be left alone is, for at least that long", () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    last().closes({ after: 3000 });
    expect(connection.state().retryAt).toBe(Date.now() + 3250);
  });

  test("a stream with only an error is no connection, and no blocked transport either", async () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    last().closes();
    const { lostAt } = connection.state();
    for (let i = 0; i < 3; i++) {
      await tick(400);
      last().says({ type: "error", code: "full", message: "retry_ms=100" });
      last().closes({ within: 100 });
    }
    expect(connection.state()).toMatchObject({ phase: "waiting", transport: "websocket", lostAt });
  });

  test("a refusal stops it, until someone asks for another try", async () => {
    const { connection, last, streams } = setup();
    last().closes({ reason: "origin not allowed", comeBack: false });
    expect(connection.state()).toMatchObject({ phase: "stopped", reason: "origin not allowed" });
    await tick(600_000);
    expect(streams).toHaveLength(1);
    connection.retryNow();
    expect(streams).toHaveLength(2);
  });

  test("it is tried again although the browser knows of no network: the server may be on this machine", async () => {
    let online = false;
    const { connection, last, streams } = setup({ online: () => online });
    last().says(hello(), snapshot(1));
    last().closes();
    expect(connection.state()).toMatchObject({ phase: "offline", retryAt: Date.now() + 250 });
    await tick(250);
    expect(streams).toHaveLength(2);
    last().says(hello(), snapshot(1));
    expect(connection.state()).toMatchObject({ phase: "open", synced: true });
    last().closes();
    online = true;
    connection.networkChanged();
    expect(streams).toHaveLength(3);
  });

  test.each(["connecting", "open"])("disconnect is the end of it, also while the state becomes %s", async (phase) => {
    const { connection, last, streams } = setup();
    connection.disconnect();
    connection.on("state", (state) => {
      if (state.phase === phase) connection.disconnect();
    });
    connection.connect();
    last().says(hello(), snapshot(1));
    await tick(600_000);
    expect(connection.state().phase).toBe("idle");
    expect(streams.every(({ open }) => !open)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("disconnect is the end of it", async () => {
    const { connection, last, streams } = setup();
    last().says(hello(), snapshot(1));
    connection.disconnect();
    await tick(600_000);
    expect(connection.state().phase).toBe("idle");
    expect(streams).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("pausing", () => {
  test("a WebSocket is paused once for all reasons", () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    connection.pause("hidden");
    connection.pause("user");
    expect(connection.state()).toMatchObject({ phase: "open", paused: true });
    connection.resume("hidden");
    expect(last().sent.map(({ type }) => type)).toEqual(["pause"]);
    connection.resume("user");
    expect(last().sent.map(({ type }) => type)).toEqual(["pause", "resume", "ping"]);
    expect(connection.state().synced).toBe(false);
    last().says(snapshot(40, { resumed: true }));
    expect(connection.position()).toBe("e-40");
    last().says({ type: "pong", id: Number(last().sent.at(-1)?.["id"]) });
    expect(connection.state().synced).toBe(true);
  });

  test("a WebSocket on which nothing has changed meanwhile is synced when its ping is answered", () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    connection.pause("user");
    connection.resume("user");
    const id = Number(last().sent.at(-1)?.["id"]);
    last().says({ type: "error", id, code: "rate_limited" });
    expect(connection.state().synced).toBe(false);
    vi.advanceTimersByTime(1000); // it asks again
    expect(last().sent.map(({ type }) => type)).toEqual(["pause", "resume", "ping", "ping"]);
    last().says({ type: "pong", id: Number(last().sent.at(-1)?.["id"]) });
    expect(connection.state().synced).toBe(true);
  });

  test("a resume that was refused is sent again, and what is answered before does not count", () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    connection.pause("user");
    connection.resume("user");
    const ids = last().sent.map(({ id }) => Number(id));
    last().says({ type: "error", id: Number(ids[1]), code: "rate_limited" }, { type: "pong", id: Number(ids[2]) });
    expect(connection.state().synced).toBe(false);
    vi.advanceTimersByTime(1000);
    expect(last().sent.map(({ type }) => type)).toEqual(["pause", "resume", "ping", "resume", "ping"]);
    last().says({ type: "pong", id: Number(last().sent.at(-1)?.["id"]) });
    expect(connection.state().synced).toBe(true);
  });

  test.each(["sse", "poll"] as const)("%s is closed, and resumed from its position", (name) => {
    const { connection, last, streams } = setup({ names: [name] });
    last().says(hello(), snapshot(7));
    connection.pause("hidden");
    expect(streams[0]?.open).toBe(false);
    expect(connection.state().phase).toBe("resting");
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
    expect(connection.state().phase).toBe("resting");
    connection.resume("hidden");
    expect(streams).toHaveLength(2);
  });

  test("and so does one that was hidden when it connected", async () => {
    const { connection, last } = setup();
    connection.disconnect();
    connection.pause("hidden");
    await tick(300_000);
    expect(connection.state().phase).toBe("idle");
    connection.connect();
    last().says(hello(), snapshot(1));
    expect(last().sent.map(({ type }) => type)).toEqual(["pause"]);
    for (let i = 0; i < 30; i++) {
      await tick(10_000);
      last().says({ type: "heartbeat" });
    }
    expect(connection.state().phase).toBe("resting");
  });

  test("one that is shown in time keeps it, and the five minutes begin anew", async () => {
    const { connection, last, streams } = setup();
    last().says(hello(), snapshot(1));
    const wait = async (seconds: number) => {
      for (let i = 0; i < seconds; i += 10) {
        await tick(10_000);
        last().says({ type: "heartbeat" });
      }
    };
    connection.pause("hidden");
    await wait(290);
    connection.resume("hidden");
    await wait(60);
    connection.pause("hidden");
    await wait(290);
    expect(connection.state().phase).toBe("open");
    expect(streams).toHaveLength(1);
    await wait(10);
    expect(connection.state().phase).toBe("resting");
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

  test("shown again after a sleep, it finds at once that the stream is dead", async () => {
    const { connection, last } = setup();
    last().says(hello(), snapshot(1));
    vi.setSystemTime(Date.now() + 3_600_000);
    connection.wake();
    expect(connection.state().phase).toBe("waiting");
    await tick(500);
    expect(connection.state().phase).toBe("connecting");
  });
});

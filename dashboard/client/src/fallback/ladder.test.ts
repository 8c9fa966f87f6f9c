import { beforeEach, describe, expect, test, vi } from "vitest";
import { hello, phases, setup, snapshot } from "../../test/support/connection.ts";
import { tick } from "../../test/support/fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));

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
    expect(connection.state()).toMatchObject({ phase: "open", transport: "sse" });
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
    expect(connection.state().transport).toBe("poll");
  });

  test("a stream that sends nothing for five seconds counts as both tries", async () => {
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

  test("nor is one of a server that is restarting or full", async () => {
    const { last } = setup();
    for (let i = 0; i < 4; i++) {
      last().closes({ within: 100 });
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
    expect(connection.state().transport).toBe("websocket");
  });
});

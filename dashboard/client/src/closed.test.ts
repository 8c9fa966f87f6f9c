import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFakeSockets, hello, snapshot, tick } from "../test/support/fakes.ts";
import { createClient } from "./client.ts";
import type { ClientOptions } from "./options.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.doUnmock("./fallback/fallback.ts"));

const loaded = () => vi.dynamicImportSettled();

const setup = (options: ClientOptions = {}) => {
  const { WebSocket, sockets } = createFakeSockets();
  const asked: string[] = [];
  class EventSource extends EventTarget {
    constructor(url: string) {
      super();
      asked.push(url);
    }
    close(): void {}
  }
  const fetch = (url: unknown) => {
    asked.push(String(url));
    return new Promise<Response>(() => {});
  };
  const storage = { getItem: () => null, setItem() {}, removeItem() {} };
  const client = createClient({
    url: "http://host/",
    WebSocket,
    EventSource,
    fetch,
    storage,
    random: () => 0.5,
    ...options,
  });
  client.subscribe({ symbols: ["A"], bars: ["A"] });
  const last = () => sockets.at(-1) as (typeof sockets)[number];
  const count = () => asked.length + sockets.length + sockets.flatMap(({ sent }) => sent).length;
  return { client, sockets, last, asked, count };
};

type Setup = ReturnType<typeof setup>;
const opened = async ({ client, last }: Setup) => {
  client.connect();
  await loaded();
  last().says(hello(), snapshot(1, [{ s: "A", p: 1 }]));
  await loaded();
  await tick(1);
};

test.each<[string, (all: Setup) => unknown, ClientOptions?]>([
  ["nothing has been loaded yet", ({ client }) => client.connect()],
  [
    "it is connecting",
    async ({ client }) => {
      client.connect();
      await loaded();
    },
  ],
  ["it is open", opened],
  [
    "it has just asked for more",
    async (all) => {
      await opened(all);
      all.client.subscribe(["B"]);
    },
  ],
  [
    "it waits to try again",
    async (all) => {
      await opened(all);
      all.last().breaks();
    },
  ],
  [
    "it is stopped",
    async (all) => {
      await opened(all);
      all.last().breaks(1008);
    },
  ],
  [
    "it looks whether WebSocket is blocked",
    async (all) => {
      all.client.connect();
      await loaded();
      all.last().breaks();
      await tick(1000);
      all.last().breaks();
    },
  ],
  [
    "it is hidden",
    async (all) => {
      await opened(all);
      all.client.pause("hidden");
    },
  ],
  [
    "it rests",
    async (all) => {
      await opened(all);
      all.client.pause("hidden");
      await tick(300_000);
    },
  ],
  [
    "it was refused",
    async (all) => {
      await opened(all);
      const { id } = all.last().sent.at(-1) as { readonly id: number };
      all.last().says({ type: "error", id, code: "rate_limited", message: "try again in 9 s" });
      await tick(1);
    },
  ],
  [
    "it uses server-sent events",
    async ({ client }) => {
      client.connect();
      await loaded();
    },
    { transport: "sse" },
  ],
  [
    "it polls",
    async ({ client }) => {
      client.connect();
      await loaded();
      await tick(10);
    },
    { transport: "poll" },
  ],
  [
    "what it needs does not load",
    async ({ client }) => {
      vi.doMock("./fallback/fallback.ts", () => {
        throw new Error("the network is gone");
      });
      client.connect();
      await loaded();
    },
    { transport: "sse" },
  ],
])("close() ends everything when %s", async (_, reach, options) => {
  const all = setup(options);
  const { client, count } = all;
  await reach(all);
  const told = vi.fn();
  client.on("state", told);
  client.close();
  told.mockClear();
  const before = count();
  expect(vi.getTimerCount()).toBe(0);

  client.subscribe(["C"]);
  client.setRate(1);
  client.pause();
  client.resume();
  client.connect();
  client.retryNow();
  client.on("state", told);
  expect(client.send({ type: "ping", id: 1 })).toBe(false);
  await loaded();
  expect(vi.getTimerCount()).toBe(0);
  await tick(600_000);
  await loaded();
  expect(vi.getTimerCount()).toBe(0);
  expect(count()).toBe(before);
  expect(told).not.toHaveBeenCalled();
  expect(client.state.phase).toBe("idle");
});

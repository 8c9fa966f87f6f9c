import { beforeEach, expect, test, vi } from "vitest";
import { createFakeSockets, hello, tick } from "../test/support/fakes.ts";
import { createClient } from "./client.ts";
import { measureLatency } from "./latency.ts";

const setup = () => {
  const { WebSocket, last } = createFakeSockets();
  const client = createClient({ url: "http://host/", WebSocket, random: () => 0.5 });
  const latency = measureLatency(client, Date.now);
  const pings = () => last().sent.filter(({ type }) => type === "ping");
  const answer = async (ms: number) => {
    await tick(ms);
    last().says({ type: "pong", id: pings().at(-1)?.["id"] as number });
  };
  return { client, latency, last, pings, answer };
};

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));

test("the latency is the median of the last five round trips, one each ten seconds", async () => {
  const { client, latency, last, pings, answer } = setup();
  client.connect();
  await vi.dynamicImportSettled();
  last().says(hello());
  expect(latency.value).toBeNull();
  for (const [i, ms] of [40, 400, 10, 30, 20, 5, 6].entries()) {
    expect(pings()).toHaveLength(i + 1);
    await answer(ms);
    await tick(10_000 - ms);
    last().says({ type: "heartbeat" });
  }
  expect(latency.value).toBe(10);
});

test("an answer to another is none", async () => {
  const { client, latency, last } = setup();
  client.connect();
  await vi.dynamicImportSettled();
  last().says(hello(), { type: "pong", id: 1 }, { type: "pong" });
  expect(latency.value).toBeNull();
});

test("it is not known of a connection that is lost, nor measured in a pause or after the end", async () => {
  const { client, latency, last, pings, answer } = setup();
  client.connect();
  await vi.dynamicImportSettled();
  last().says(hello());
  await answer(5);
  expect(latency.value).toBe(5);
  client.pause();
  const before = pings().length;
  await tick(10_000);
  expect(pings()).toHaveLength(before);
  client.disconnect();
  expect(latency.value).toBeNull();
  latency.close();
  await tick(60_000);
  expect(vi.getTimerCount()).toBe(0);
});

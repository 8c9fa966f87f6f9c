import { beforeEach, expect, test, vi } from "vitest";
import { readMessage } from "../protocol/codec.ts";
import type { ServerMessage } from "../protocol/messages.ts";
import type { Closing } from "../transport/closing.ts";
import { createPollTransport } from "./poll.ts";

const answer = (seq: number, more: object = {}) => ({
  epoch: "e",
  seq,
  time: seq * 10,
  source: "sim",
  simulated: true,
  status: "live",
  quotes: [{ s: "A", p: seq }],
  ...more,
});

const json = (body: unknown, status = 200, headers = {}) => new Response(JSON.stringify(body), { status, headers });

const opened = (since: string | null = null) => {
  const waiting: ((response: Response | Error) => void)[] = [];
  const urls: string[] = [];
  const signals: AbortSignal[] = [];
  const fetch = (url: string, init: { readonly signal: AbortSignal }) => {
    urls.push(url);
    signals.push(init.signal);
    return new Promise<Response>((resolve, reject) => {
      waiting.push((response) => (response instanceof Error ? reject(response) : resolve(response)));
    });
  };
  const messages: ServerMessage[] = [];
  const closed = vi.fn<(closing: Closing) => void>();
  const stream = createPollTransport({ url: "/api/quotes", fetch, now: Date.now }).open(
    { symbols: ["A"], since },
    {
      message(value) {
        const message = readMessage(value);
        if (message) messages.push(message);
        return message;
      },
      closed,
    },
  );
  const reply = async (response: Response | Error) => {
    waiting.shift()?.(response);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { urls, signals, messages, closed, stream, reply };
};

beforeEach(() => void vi.useFakeTimers());

test("the first answer comes at once and becomes a hello and a snapshot; the next is waited for", async () => {
  const { urls, messages, reply } = opened();
  await vi.advanceTimersByTimeAsync(0);
  expect(urls).toEqual(["/api/quotes?symbols=A"]);
  await reply(json(answer(5)));
  expect(messages.map(({ type }) => type)).toEqual(["hello", "snapshot"]);
  expect(messages[0]).toMatchObject({ epoch: "e", simulated: true, source: "sim", status: "live" });
  expect(messages[1]).not.toHaveProperty("resumed");

  await vi.advanceTimersByTimeAsync(999);
  expect(urls).toHaveLength(1); // a busy market is not a busy loop
  await vi.advanceTimersByTimeAsync(1);
  expect(urls[1]).toBe("/api/quotes?symbols=A&since=e-5&wait=25s");
  await reply(json(answer(6, { resumed: true })));
  expect(messages.at(-1)).toMatchObject({ type: "snapshot", seq: 6, resumed: true });
  expect(messages).toHaveLength(3);
});

test("nothing new is a heartbeat", async () => {
  const { messages, reply } = opened();
  await vi.advanceTimersByTimeAsync(0);
  await reply(new Response(null, { status: 204 }));
  expect(messages).toEqual([{ type: "heartbeat" }]);
});

test("a resume position is asked with, without waiting, and kept", async () => {
  const { urls, messages, reply } = opened("e-3");
  await vi.advanceTimersByTimeAsync(0);
  expect(urls[0]).toBe("/api/quotes?symbols=A&since=e-3");
  await reply(json(answer(5, { resumed: true })));
  expect(messages.map(({ type }) => type)).toEqual(["hello", "snapshot"]);
  expect(messages[1]).toMatchObject({ resumed: true });
});

test("another run of the server begins with a hello", async () => {
  const { messages, reply } = opened();
  await vi.advanceTimersByTimeAsync(0);
  await reply(json(answer(900)));
  await vi.advanceTimersByTimeAsync(1000);
  await reply(json(answer(2, { epoch: "f" })));
  expect(messages.map(({ type }) => type)).toEqual(["hello", "snapshot", "hello", "snapshot"]);
});

test("a change of a source becomes a status", async () => {
  const { messages, reply } = opened();
  await vi.advanceTimersByTimeAsync(0);
  await reply(json(answer(1)));
  await vi.advanceTimersByTimeAsync(1000);
  await reply(json(answer(2, { resumed: true, sources: [{ source: "a", status: "stale" }] })));
  expect(messages.at(-2)).toEqual({ type: "status", source: "a", status: "stale" });
});

test.each([
  [
    "503 with Retry-After",
    json({ detail: "draining" }, 503, { "Retry-After": "3" }),
    { after: 3000, reason: "draining" },
  ],
  ["a bad gateway", new Response("<h1>", { status: 502 }), { reason: "HTTP 502" }],
  ["forbidden", json({ detail: "origin" }, 403), { comeBack: false }],
  ["an answer of something else", json({ hello: 1 }), { reason: "not an answer of this protocol" }],
  ["no network", new TypeError("failed"), { reason: "failed" }],
])("%s ends it", async (_, response, closing) => {
  const { closed, urls, reply } = opened();
  await vi.advanceTimersByTimeAsync(0);
  await reply(response);
  expect(closed.mock.lastCall?.[0]).toMatchObject(closing);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(closed).toHaveBeenCalledTimes(1);
  expect(urls).toHaveLength(1);
});

test("a name that becomes known is one more answer to what was asked for", async () => {
  const { messages, reply } = opened();
  await vi.advanceTimersByTimeAsync(0);
  await reply(json(answer(1, { unknown: ["B", "C"] })));
  expect(messages.at(-2)).toEqual({ type: "subscribed", symbols: ["A"], unknown: ["B", "C"] });
  await vi.advanceTimersByTimeAsync(1000);
  await reply(json(answer(2, { resumed: true, unknown: ["B", "C"] })));
  expect(messages).toHaveLength(4);
  await vi.advanceTimersByTimeAsync(1000);
  await reply(json(answer(3, { resumed: true, unknown: ["C"], quotes: [{ s: "B", p: 2 }] })));
  expect(messages.at(-2)).toEqual({ type: "subscribed", symbols: ["B"] });
  await vi.advanceTimersByTimeAsync(1000);
  await reply(json(answer(4, { resumed: true })));
  expect(messages.at(-2)).toEqual({ type: "subscribed", symbols: ["C"] });
});

test("closing it abandons the request", async () => {
  const { stream, signals, closed, urls, reply } = opened();
  await vi.advanceTimersByTimeAsync(0);
  stream.close();
  expect(signals[0]?.aborted).toBe(true);
  await reply(json(answer(1)));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(urls).toHaveLength(1);
  expect(closed).not.toHaveBeenCalled();
});

import { beforeEach, expect, test, vi } from "vitest";
import { readMessage } from "../protocol/codec.ts";
import type { Closing } from "../transport/closing.ts";
import { createSseTransport } from "./sse.ts";

class FakeSource extends EventTarget {
  close = vi.fn<() => void>();
}

const opened = (symbols: readonly string[] = ["A"]) => {
  const source = new FakeSource();
  const connect = vi.fn((_url: string) => source);
  const message = vi.fn(readMessage);
  const closed = vi.fn<(closing: Closing) => void>();
  const stream = createSseTransport("/events", connect).open({ symbols, since: null }, { message, closed });
  return { source, connect, message, closed, stream };
};

const says = (type: string, body: object) => new MessageEvent(type, { data: JSON.stringify({ type, ...body }) });

beforeEach(() => void vi.useFakeTimers());

test("events are the messages of the same name", () => {
  const { source, connect, message } = opened();
  expect(connect).toHaveBeenCalledWith("/events?symbols=A");
  source.dispatchEvent(says("hello", { protocol: 1, epoch: "e", seq: 1, time: 2 }));
  source.dispatchEvent(says("heartbeat", { seq: 1 }));
  expect(message).toHaveBeenCalledTimes(2);
});

test("an error ends it: the browser's own retry is not used", () => {
  const { source, closed } = opened();
  source.dispatchEvent(new Event("error"));
  expect(source.close).toHaveBeenCalled();
  expect(closed.mock.calls).toEqual([[{ reason: "" }]]);
});

test("the server's last words say why, and when to come back", () => {
  const { source, closed, message } = opened();
  source.dispatchEvent(says("error", { code: "draining", message: "retry_ms=2000" }));
  expect(message).toHaveBeenCalledTimes(1);
  expect(closed).not.toHaveBeenCalled();
  source.dispatchEvent(new Event("error"));
  expect(closed.mock.lastCall?.[0]).toMatchObject({ comeBack: true, within: 2000 });
});

test("an error about the query ends neither the stream nor what comes after it", () => {
  const { source, closed } = opened();
  source.dispatchEvent(says("hello", { protocol: 1, epoch: "e", seq: 1, time: 2 }));
  source.dispatchEvent(says("error", { code: "too_many_symbols", message: "more than 100" }));
  expect(closed).not.toHaveBeenCalled();
  source.dispatchEvent(new Event("error")); // the network, an hour later
  expect(closed.mock.lastCall?.[0].comeBack).toBe(true);
});

test("without symbols there is nothing to open, and it only beats", () => {
  const { connect, message, stream } = opened([]);
  vi.advanceTimersByTime(5000);
  expect(connect).not.toHaveBeenCalled();
  expect(message).toHaveBeenCalledTimes(2);
  stream.close();
  vi.advanceTimersByTime(60_000);
  expect(message).toHaveBeenCalledTimes(2);
});

import { expect, test, vi } from "vitest";
import { readMessage } from "../protocol/codec.ts";
import type { Closing } from "./closing.ts";
import { createWebSocketTransport } from "./websocket.ts";

class FakeSocket {
  readyState = 0;
  bufferedAmount = 0;
  send = vi.fn<(data: string) => void>();
  close = vi.fn<(code?: number) => void>();
  private readonly listeners: { readonly type: string; readonly listener: (event: never) => void }[] = [];

  addEventListener(type: string, listener: (event: never) => void): void {
    this.listeners.push({ type, listener });
  }

  dispatchEvent(event: Event): void {
    for (const { type, listener } of this.listeners) if (type === event.type) listener(event as never);
  }
}

const opened = (symbols: readonly string[] = ["A"]) => {
  const made: FakeSocket[] = [];
  class Made extends FakeSocket {
    readonly asked: readonly string[];
    constructor(...asked: readonly string[]) {
      super();
      this.asked = asked;
      made.push(this);
    }
  }
  const message = vi.fn(readMessage);
  const closed = vi.fn<(closing: Closing) => void>();
  const transport = createWebSocketTransport("ws://host/ws", Made);
  const stream = transport.open({ symbols, since: "e-5" }, { message, closed });
  return { socket: made[0] as Made, message, closed, stream };
};

const says = (data: string) => new MessageEvent("message", { data });
const closes = (code: number, reason = "") => Object.assign(new Event("close"), { code, reason });

test("it offers the subprotocol and asks for its symbols in the query", () => {
  expect(opened().socket.asked).toEqual(["ws://host/ws?symbols=A&since=e-5", "tickertape.v1.json"]);
});

test("nothing is sent before it is open, or after", () => {
  const { socket, stream } = opened();
  for (const state of [0, 2, 3]) {
    socket.readyState = state;
    expect(stream.send({ type: "ping", id: 1 })).toBe(false);
  }
  expect(socket.send).not.toHaveBeenCalled();
  socket.readyState = 1;
  expect(stream.send({ type: "ping", id: 1 })).toBe(true);
  expect(socket.send).toHaveBeenCalledWith('{"type":"ping","id":1}');
});

test("messages are handed on as they come", () => {
  const { socket, message } = opened();
  socket.dispatchEvent(says('{"type":"heartbeat","seq":1}'));
  expect(message.mock.calls).toEqual([['{"type":"heartbeat","seq":1}']]);
});

test("a close comes with what it means", () => {
  const { socket, closed } = opened();
  socket.dispatchEvent(closes(1012, "retry_ms=70"));
  expect(closed.mock.calls).toEqual([[{ reason: "retry_ms=70", comeBack: true, within: 70 }]]);
});

test("it is closed as one that has done its work", () => {
  const { socket, stream } = opened();
  stream.close();
  expect(socket.close).toHaveBeenCalledWith(1000);
});

test("where there is no WebSocket it throws", () => {
  const transport = createWebSocketTransport("ws://host/ws", undefined);
  expect(() => transport.open({ symbols: [], since: null }, { message: () => null, closed() {} })).toThrow(
    "no WebSocket",
  );
});

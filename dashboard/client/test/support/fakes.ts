import { vi } from "vitest";
import type { ServerMessage } from "../../src/protocol/messages.ts";
import type { Socket } from "../../src/transport/websocket.ts";

/** A WebSocket whose other end is the test. */
export function createFakeSockets() {
  const sockets: FakeSocket[] = [];
  class FakeSocket extends EventTarget {
    readyState = 0;
    bufferedAmount = 0;
    readonly sent: Record<string, unknown>[] = [];
    readonly url: string;
    constructor(url: string) {
      super();
      this.url = url;
      sockets.push(this);
    }
    send(data: string): void {
      this.sent.push(JSON.parse(data));
    }
    close(): void {
      this.readyState = 3;
    }
    opens(): void {
      this.readyState = 1;
    }
    says(...messages: ServerMessage[]): void {
      this.readyState = 1;
      for (const message of messages)
        this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
    }
    breaks(code = 1006, reason = ""): void {
      this.readyState = 3;
      this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
    }
  }
  return {
    WebSocket: FakeSocket as unknown as new (url: string, protocol: string) => Socket,
    sockets,
    last: () => sockets.at(-1) as FakeSocket,
  };
}

export const hello = (epoch = "e", seq = 1, more: object = {}): ServerMessage => ({
  type: "hello",
  protocol: 1,
  epoch,
  seq,
  time: 1_000_000_000,
  heartbeat_ms: 5000,
  ...more,
});

export const snapshot = (seq: number, quotes: readonly object[], more: object = {}): ServerMessage => ({
  type: "snapshot",
  seq,
  time: 1_000_000_000,
  quotes: quotes as never,
  ...more,
});

export const update = (seq: number, quotes: readonly object[], more: object = {}): ServerMessage => ({
  type: "update",
  seq,
  time: 1_000_000_000,
  quotes: quotes as never,
  ...more,
});

export const tick = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Web Locks for many tabs in one test: requests are granted in their order, a thief is served at once. */
export function createFakeLocks() {
  interface Held {
    readonly reject: (reason: Error) => void;
  }
  const held = new Map<string, Held>();
  const queues = new Map<string, (() => void)[]>();
  let late = 0;
  const next = (name: string) => {
    if (!held.has(name)) queues.get(name)?.shift()?.();
  };
  const request = (name: string, ...rest: unknown[]): Promise<unknown> => {
    const run = rest.at(-1) as () => unknown;
    const { signal, steal = false } = (rest.length > 1 ? rest[0] : {}) as { signal?: AbortSignal; steal?: boolean };
    return new Promise((resolve, reject) => {
      const refused = () => new DOMException("aborted", "AbortError");
      const grant = async () => {
        const mine = { reject: () => reject(refused()) };
        held.set(name, mine);
        try {
          resolve(await run());
        } catch (error) {
          reject(error);
        } finally {
          if (held.get(name) === mine) held.delete(name);
          next(name);
        }
      };
      if (steal) {
        held.get(name)?.reject(refused());
        void grant();
        return;
      }
      const queue = queues.get(name) ?? [];
      queues.set(name, queue);
      const start = () => void grant();
      const enter = () => {
        if (signal?.aborted) return;
        queue.push(start);
        queueMicrotask(() => next(name));
      };
      if (late > 0) setTimeout(enter, late);
      else enter();
      signal?.addEventListener("abort", () => {
        const at = queue.indexOf(start);
        if (at >= 0) queue.splice(at, 1);
        reject(refused());
      });
    });
  };
  return {
    request: request as LockManager["request"],
    held: (name: string) => held.has(name),
    /** What is requested from now on takes so long to get into its queue, in ms: those of other tabs may overtake it. */
    delay(ms: number): void {
      late = ms;
    },
  };
}

/** BroadcastChannels of one browser; a tab can be frozen, and neither hears nor says anything then. */
export function createFakeChannels() {
  const open = new Map<string, Set<FakeChannel>>();
  class FakeChannel extends EventTarget {
    frozen = false;
    closed = false;
    heard = 0;
    readonly name: string;
    constructor(name: string) {
      super();
      this.name = name;
      const set = open.get(name) ?? new Set();
      open.set(name, set.add(this));
    }
    postMessage(note: unknown): void {
      if (this.closed) throw new DOMException("closed", "InvalidStateError");
      if (this.frozen) return;
      for (const other of open.get(this.name) ?? []) {
        if (other === this || other.frozen) continue;
        const data = structuredClone(note);
        queueMicrotask(() => {
          if (other.closed || other.frozen) return;
          other.heard++;
          other.dispatchEvent(new MessageEvent("message", { data }));
        });
      }
    }
    close(): void {
      this.closed = true;
      open.get(this.name)?.delete(this);
    }
  }
  return (name: string) => new FakeChannel(name);
}

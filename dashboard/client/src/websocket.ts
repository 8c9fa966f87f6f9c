import { parseMessage, subprotocol } from "./protocol.ts";
import { readClosing, streamQuery, type Transport } from "./transport.ts";

/** The part of the browser's WebSocket that is used here. */
export interface Socket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  addEventListener(type: "close", listener: (event: CloseEvent) => void): void;
  addEventListener(type: "error", listener: () => void): void;
  send(data: string): void;
  close(code?: number): void;
}

const open = 1; // WebSocket.OPEN

export interface WebSocketOptions {
  /** Of the endpoint, without a query: "wss://host/ws". */
  readonly url: string;
  readonly connect: (url: string, protocol: string) => Socket;
}

export function createWebSocketTransport(options: WebSocketOptions): Transport {
  return {
    name: "websocket",
    duplex: true,
    queryLimit: 1800, // proxies refuse long request lines; beyond it subscriptions go as messages
    quiet: 0,
    open(request, handlers) {
      const socket = options.connect(options.url + streamQuery(request), subprotocol);
      let done = false;
      socket.addEventListener("message", ({ data }) => {
        const message = !done && typeof data === "string" ? parseMessage(data) : null;
        if (message) handlers.message(message);
      });
      // It is always followed by `close`, which knows more; in Node one that nobody hears ends the process.
      socket.addEventListener("error", () => {});
      socket.addEventListener("close", ({ code, reason }) => {
        if (done) return;
        done = true;
        handlers.closed(readClosing(code, reason));
      });
      return {
        send(message) {
          if (socket.readyState !== open) return false;
          socket.send(JSON.stringify(message));
          return true;
        },
        buffered: () => socket.bufferedAmount,
        close() {
          done = true; // a half-open socket takes minutes to say that it closed: nobody waits for it
          socket.close(1000);
        },
      };
    },
  };
}

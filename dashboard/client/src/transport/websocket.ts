import { readClosing } from "./closing.ts";
import { streamQuery } from "./query.ts";
import type { Transport } from "./transport.ts";

/** The WebSocket subprotocol of this version. */
const subprotocol = "tickertape.v1.json";

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

/** The class of the browser, or of a package such as `ws`. */
export type SocketClass = new (url: string, protocol: string) => Socket;

/** A WebSocket at the endpoint `url`, which has no query: "wss://host/ws". `open` throws where there is no WebSocket. */
export const createWebSocketTransport = (url: string, WebSocket: SocketClass | undefined): Transport => ({
  name: "websocket",
  duplex: true,
  quiet: 0,
  open(request, handlers) {
    if (!WebSocket) throw new Error("no WebSocket here");
    const socket = new WebSocket(url + streamQuery(request), subprotocol);
    socket.addEventListener("message", ({ data }) => handlers.message(data));
    // A `close`, which has the code, always follows. In Node an error without a listener ends the process.
    socket.addEventListener("error", () => {});
    socket.addEventListener("close", ({ code, reason }) => handlers.closed(readClosing(code, reason)));
    return {
      send(message) {
        if (socket.readyState !== 1) return false; // WebSocket.OPEN
        socket.send(JSON.stringify(message));
        return true;
      },
      buffered: () => socket.bufferedAmount,
      close: () => socket.close(1000),
    };
  },
});

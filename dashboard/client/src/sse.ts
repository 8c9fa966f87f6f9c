import { asksNothing, beatAlone } from "./beat.ts";
import { type MessageType, parseMessage } from "./protocol.ts";
import { wholeQuery } from "./query.ts";
import { type Closing, readClosing, type Transport } from "./transport.ts";

/** The part of the browser's EventSource that is used here. */
export interface Source {
  addEventListener(type: string, listener: (event: Event | MessageEvent) => void): void;
  close(): void;
}

export interface SseOptions {
  /** Of the endpoint, without a query: "/events". */
  readonly url: string;
  readonly connect: (url: string) => Source;
}

const types: readonly MessageType[] = [
  "hello",
  "subscribed",
  "snapshot",
  "update",
  "bars",
  "trades",
  "status",
  "heartbeat",
  "rate",
  "error",
];

// The codes after which coming back is of no use.
const final: ReadonlySet<string> = new Set(["unauthorized", "origin", "policy", "too_many_symbols"]);

/**
 * Server-sent events. The browser's own retry is not used: it gives up for ever on a refusal and
 * knows no jitter, so every error ends the stream and the connection decides when to open the next.
 */
export function createSseTransport(options: SseOptions): Transport {
  return {
    name: "sse",
    duplex: false,
    queryLimit: 30_000,
    quiet: 0,
    open(request, handlers) {
      if (asksNothing(request)) return beatAlone(handlers);
      const source = options.connect(options.url + wholeQuery(request));
      let done = false;
      let hint: Partial<Closing> = {};
      for (const type of types) {
        source.addEventListener(type, (event) => {
          if (done) return;
          if ("data" in event && typeof event.data === "string") {
            const message = parseMessage(event.data);
            if (message?.type === "error") {
              // Before it turns a client away the server says why, and for how long.
              hint = { ...readClosing(1006, message.message ?? message.code), comeBack: !final.has(message.code) };
            }
            if (message) handlers.message(message, ("lastEventId" in event && event.lastEventId) || "");
          } else if (type === "error") {
            done = true;
            source.close();
            handlers.closed({ code: 1006, reason: "", comeBack: true, ...hint });
          }
        });
      }
      return {
        send: () => false,
        buffered: () => 0,
        close() {
          done = true;
          source.close();
        },
      };
    },
  };
}

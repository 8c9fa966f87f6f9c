import type { EventSourceLike } from "../options.ts";
import { parseMessage } from "../protocol/codec.ts";
import type { MessageType } from "../protocol/messages.ts";
import { type Closing, readClosing } from "../transport/closing.ts";
import type { Transport } from "../transport/transport.ts";
import { asksNothing, beatAlone, mute } from "./beat.ts";
import { wholeQuery } from "./query.ts";

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

/**
 * Server-sent events of the endpoint `url`, which has no query: "/events". The retry of the browser is not used: it
 * gives up for ever on some errors and knows no jitter. So every error ends the stream, and the connection decides when
 * to open the next.
 */
export const createSseTransport = (url: string, connect: (url: string) => EventSourceLike): Transport => ({
  name: "sse",
  duplex: false,
  quiet: 0,
  open(request, handlers) {
    if (asksNothing(request)) return beatAlone(handlers);
    const source = connect(url + wholeQuery(request));
    const close = () => source.close();
    let closing: Closing = { reason: "" };
    for (const type of types) {
      source.addEventListener(type, (event) => {
        if (!("data" in event)) {
          if (type !== "error") return;
          close();
          handlers.closed(closing);
          return;
        }
        const message = parseMessage(event.data);
        if (message?.type === "error") {
          // Before the server ends a stream it says why, and when to come back.
          closing = readClosing(0, message.message ?? message.code);
        }
        if (message) handlers.message(message, event.lastEventId);
      });
    }
    return { ...mute, close };
  },
});

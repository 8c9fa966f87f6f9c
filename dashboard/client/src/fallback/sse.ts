import type { EventSourceLike } from "../options.ts";
import type { MessageType } from "../protocol/messages.ts";
import { type Closing, readClosing } from "../transport/closing.ts";
import type { Transport } from "../transport/transport.ts";
import { asksNothing, beatAlone, mute } from "./beat.ts";
import { createQueries } from "./query.ts";

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
export function createSseTransport(url: string, connect: (url: string) => EventSourceLike): Transport {
  const queries = createQueries();
  return {
    name: "sse",
    duplex: false,
    quiet: 0,
    open(request, handlers) {
      if (asksNothing(request)) return beatAlone(handlers);
      const query = queries.of(request);
      const source = connect(url + query);
      let heard = false;
      const close = () => source.close();
      let closing: Closing = { reason: "" };
      for (const type of types) {
        source.addEventListener(type, (event) => {
          if (!("data" in event)) {
            if (type !== "error") return;
            close();
            if (!heard) queries.failed(query);
            handlers.closed(closing);
            return;
          }
          heard = true;
          const message = handlers.message(event.data, event.lastEventId);
          if (message?.type === "error") {
            // Before the server ends a stream it says why, and when to come back.
            closing = readClosing(0, message.message ?? message.code);
          }
        });
      }
      return { ...mute, close };
    },
  };
}

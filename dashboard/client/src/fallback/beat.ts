import type { Stream, StreamHandlers, StreamRequest } from "../transport/transport.ts";

/** Whether a request asks for nothing. Such a stream cannot be opened by server-sent events or by polling. */
export const asksNothing = ({ symbols, series = [] }: StreamRequest): boolean => symbols.length + series.length === 0;

/** The part of a stream to which nothing can be sent. */
export const mute = { send: () => false, buffered: () => 0 };

/** A stream for a request that asks for nothing: it makes its own heartbeats, and opens no connection to the server. */
export function beatAlone(handlers: StreamHandlers): Stream {
  const beat = () => handlers.message({ type: "heartbeat" });
  const first = setTimeout(beat, 0);
  const timer = setInterval(beat, 5000);
  return {
    ...mute,
    close() {
      clearTimeout(first);
      clearInterval(timer);
    },
  };
}

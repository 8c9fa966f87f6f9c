import type { Stream, StreamHandlers, StreamRequest } from "../transport/transport.ts";

export const asksNothing = ({ symbols, series = [] }: StreamRequest): boolean => symbols.length + series.length === 0;

/** Of a stream that cannot be spoken to. */
export const mute = { send: () => false, buffered: () => 0 };

/**
 * A stream of nothing, for transports that cannot be opened without symbols: while nothing is
 * followed there is no price to be wrong about.
 */
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

import type { TransportName } from "tickertape-client";

/** The transports as the reader sees them. */
export const transportNames: Readonly<Record<TransportName, string>> = {
  websocket: "WebSocket",
  sse: "SSE",
  poll: "Long polling",
};

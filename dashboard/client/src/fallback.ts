/** What is needed only where WebSocket is not to be had; it is fetched then. */
export { createEventStream } from "./eventstream.ts";
export { createPollTransport } from "./poll.ts";
export { createSseTransport } from "./sse.ts";

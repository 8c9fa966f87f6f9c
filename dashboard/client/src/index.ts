export type { Entry } from "./board.ts";
export {
  type Client,
  type ClientEvents,
  type ClientOptions,
  type ClientState,
  createClient,
  type What,
} from "./client.ts";
export type { Phase } from "./connection.ts";
export { change, changePercent, decimalsOf, scale } from "./decimal.ts";
export type { Role } from "./line.ts";
export type * from "./protocol.ts";
export type { Quote as WireQuote } from "./protocol.ts";
export type { Quote, QuoteStatus } from "./quote.ts";
export type { Bar, SeriesChange, Trade } from "./series.ts";
export type { SourceState } from "./sources.ts";
export type { TransportName } from "./transport.ts";
export type { PauseReason } from "./want.ts";

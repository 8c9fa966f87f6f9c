/** The client library of a tickertape server; README.md has its use. Everything exported here is public. */

export { type Client, createClient } from "./client.ts";
export type { Subscription } from "./interest/registry.ts";
export type { PauseReason } from "./interest/want.ts";
export type { What } from "./interest/what.ts";
export type { ClientOptions } from "./options.ts";
export type * from "./protocol/messages.ts";
export type { Quote as WireQuote } from "./protocol/messages.ts";
export type { ClientEvents } from "./publisher.ts";
export type { Entry } from "./quotes/board.ts";
export { change, changePercent, decimalsOf, scale } from "./quotes/decimal.ts";
export type { Quote, QuoteStatus } from "./quotes/quote.ts";
export type { SourceState } from "./quotes/sources.ts";
export type { Bar, SeriesChange, Trade } from "./series/model.ts";
export type { ClientState, Phase, Role } from "./state.ts";
export type { TransportName } from "./transport/transport.ts";

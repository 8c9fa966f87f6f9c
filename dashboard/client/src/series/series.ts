/**
 * series/ is what bars and trades take: their model, the store of what has come, and the ledger of what has been asked
 * for. It is a chunk of its own, which the client loads when bars or trades are first wanted.
 */

export { createSeriesLedger } from "./ledger.ts";
export { createSeriesStore, type SeriesStore } from "./store.ts";

/**
 * series/ is what bars and trades take: their model, the store of what has come, and the ledger of what has been asked
 * for. It is a chunk of its own, which the client loads when bars or trades are first wanted.
 */

import { createSeriesLedger } from "./ledger.ts";
import { createSeriesStore } from "./store.ts";

/** Makes what bars and trades take: the ledger is for the connection, the store for the client. */
export const createSeries = () => ({ ledger: createSeriesLedger(), store: createSeriesStore() });

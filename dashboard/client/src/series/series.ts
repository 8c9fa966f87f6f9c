/**
 * series/ is what bars and trades take: their model, the store of what has come, and the ledger of what has been asked
 * for. It is a chunk of its own, which the client loads when bars or trades are first wanted.
 */

import type { Connection } from "../connection/connection.ts";
import type { Lookup } from "../interest/want.ts";
import { createSeriesLedger } from "./ledger.ts";
import type { SeriesChange } from "./model.ts";
import { createSeriesStore, type SeriesStore } from "./store.ts";

/**
 * Lets the connection follow bars and trades, and makes the store of what comes for the client. The connection is used
 * for what it `uses`, of which the client `follows` a part; `changed` is called when that has changed, and not while the
 * client is `paused`.
 */
export function createSeries(
  connection: Connection,
  uses: Lookup,
  follows: Lookup,
  paused: () => boolean,
  changed: (change: SeriesChange) => void,
): SeriesStore {
  connection.addSeries(createSeriesLedger());
  return createSeriesStore(uses, follows, paused, changed);
}

/**
 * subscriptions/ is what is wanted of the server, what it has been asked for, how far that has come, and what was
 * refused. It is a chunk of its own, which each client loads before it connects.
 */

import { createLookup, wantsNothing, without } from "../interest/want.ts";
import { readMessage } from "../protocol/codec.ts";
import type { Synced } from "../state.ts";
import { streamQuery } from "../transport/query.ts";
import { createAsked } from "./asked.ts";
import type { MakeSubscriptions, Send, SeriesSubscriptions } from "./contract.ts";
import { createRequests } from "./requests.ts";

const queryLimit = 1800; // bytes: proxies refuse long request lines. Where messages can be sent, the rest is asked for so

/** Makes the subscriptions of a connection, which wants nothing yet. `changed` is called when more or less is refused. */
export const createSubscriptions: MakeSubscriptions = (now, random, changed) => {
  const requests = createRequests(now, random, changed);
  let want = wantsNothing;
  let symbols: ReadonlySet<string> = new Set();
  let series: SeriesSubscriptions | null = null;

  // How far it has come.
  let epoch = "";
  let position: string | null = null;
  let settled: ReadonlySet<string> = new Set(); // the symbols for which the position holds
  let ambiguous = false;

  // The present stream.
  let duplex = true;
  let awaited = 0; // snapshots that have been asked for and have not come
  let from: string | null = null; // where it has been taken up
  let unasked = false; // the last answer was to no request: it is about names that have become known
  let starting = false; // they are the first of the stream
  let oldest = 0; // the smallest seq of the first ones
  let resumed = true;
  let marking = false; // the transport sends positions

  const asked = createAsked(requests, () => void awaited++);

  /** The position does not hold: what has come has other fields, or may lack symbols. */
  const outdated = () => ambiguous || asked.outdated(want);

  /** Only the positions that a transport sends count, where it does: bars may come after the quotes of the same flush. */
  const advance = (seq: number) => {
    if (!marking) position = `${epoch}-${seq}`;
  };

  /** What is to be asked for first: what was refused before waits for the rest. */
  const asks = () => without(symbols, requests.refused);

  /** Where the stream can be taken up for all that is asked for first. */
  const since = () =>
    without(asks(), settled).length === 0 && (duplex || series?.settled() !== false) ? position : null;

  /** A snapshot has come, or will not. */
  const arrived = (): Synced | null => {
    awaited = Math.max(0, awaited - 1);
    if (awaited > 0) return null;
    settled = new Set(want.symbols.filter((name) => !outdated() && asked.has(name)));
    if (!starting) return null;
    starting = false;
    if (oldest < Number.POSITIVE_INFINITY) advance(oldest); // it holds for all of them
    return { resumed };
  };

  const flush = (send: Send): number | null => {
    // Snapshots of what is added now would make the first ones incomplete, if those have only what has changed.
    const names = starting ? asks().filter((name) => !from || settled.has(name)) : duplex ? want.symbols : asks();
    const more = (send: Send) => series?.flush(requests, send, epoch) ?? null;
    return asked.flush(send, want, symbols, names, starting ? from : null, more);
  };

  return {
    read: readMessage,
    epoch: () => epoch,
    position: () => position,
    complete: () => awaited === 0 && without(asks(), asked).length === 0,
    ambiguous: () => ambiguous,
    refused: requests.refused,
    halve: () => series?.halve(),

    addSeries(ledger) {
      series = ledger;
      series.want(want.series);
    },

    want(next) {
      symbols = new Set(next.symbols);
      asked.want(symbols);
      const less = without(want.symbols, symbols).length > 0;
      ambiguous ||= less && next.symbols.some((name) => name[0] === "#");
      want = next;
      settled = new Set(want.symbols.filter((name) => !outdated() && settled.has(name)));
      series?.want(want.series);
      // There is room, if there is less: a stream that takes no messages asks for all symbols again.
      requests.prune(createLookup(less && !duplex ? { ...want, symbols: [] } : want));
    },

    resumeFrom(from, names) {
      position = from;
      settled = new Set(names);
    },

    open(spoken, failed) {
      duplex = spoken;
      ambiguous = false;
      awaited = 1; // its hello
      starting = symbols.size > 0;
      requests.open();
      const listed = series?.open(duplex, requests) ?? [];
      from = since();
      const request = { ...want, symbols: asks(), series: listed, since: from };
      const fits = !duplex || (!failed && streamQuery(request).length <= queryLimit);
      const keys = fits ? request.symbols : [];
      requests.query(keys, !duplex, asked.open(keys, want));
      return fits ? request : { ...request, symbols: [], since: null };
    },

    apply(message, marked, send) {
      let synced: Synced | null = null;
      marking = marked !== undefined;
      switch (message.type) {
        case "hello":
          ({ epoch } = message);
          position = position?.startsWith(`${epoch}-`) ? position : null;
          [starting, resumed, oldest] = [true, true, Number.POSITIVE_INFINITY];
          awaited = 1 + Number(asked.any()); // this, and the snapshot of what the query has asked for
          from = asked.any() ? from && position : since();
          if (duplex && !ambiguous) flush(send);
          synced = arrived();
          break;
        case "subscribed":
        case "unsubscribed":
        case "error": {
          const request = requests.answered(message);
          if (request && duplex && !ambiguous) flush(send); // what has waited for this
          if (request?.snapshot && message.type === "error") synced = arrived(); // it gets no snapshot
          if (message.type === "subscribed") unasked = !("rate" in message);
          break;
        }
        case "snapshot":
          if (message.more || (starting && message.resumed && unasked)) break;
          if (starting) {
            oldest = Math.min(oldest, message.seq);
            resumed &&= message.resumed === true;
          } else if (message.resumed) {
            advance(message.seq); // after a pause, or when a name has become known: it is of everything
            break;
          }
          synced = arrived(); // else it is only of what was added
          break;
        case "update":
          if (!starting && !message.more) advance(message.seq);
          break;
        case "bars":
        case "trades":
          series?.apply(message, epoch);
      }
      if (marked) position = marked;
      return synced;
    },

    flush: (send) => (starting ? null : flush(send)),
  };
};

import { type Series, type Want, wantsNothing, without } from "../interest/want.ts";
import type { BarsMessage, ServerMessage, TradesMessage } from "../protocol/messages.ts";
import type { Synced } from "../state.ts";
import { streamQuery } from "../transport/query.ts";
import type { StreamRequest } from "../transport/transport.ts";
import { changedOptions, counted, type Send, sendAdded, sendRemoved } from "./flush.ts";

const queryLimit = 1800; // bytes: proxies refuse long request lines. Where messages can be sent, the rest is asked for so

/** The part of the subscriptions that is about bars and trades. It is in series/, which is loaded when it is needed. */
export interface SeriesSubscriptions {
  /** A position is known for every series that is wanted. */
  settled(): boolean;
  /** What is wanted from now on. */
  want(series: readonly Series[]): void;
  /** A stream opens: the series to put into its query, which are none where they can be sent later. */
  open(duplex: boolean): readonly Series[];
  /** Notes the position after a message. */
  apply(message: BarsMessage | TradesMessage, epoch: string): void;
  /** Sends what the server does not know yet. */
  flush(send: Send, epoch: string): void;
}

/** What is wanted, what the server has been asked for on the present stream, and how far it has come. */
export interface Subscriptions {
  /** The run of the server that the stream is of; "" before the first `hello`. */
  epoch(): string;
  /** Where a new stream can resume, EPOCH-SEQ; null where it must start over. */
  position(): string | null;
  /** Only a new stream can be asked for what is wanted: something has gone that may also be in a list which has not. */
  ambiguous(): boolean;
  /** What is wanted from now on. */
  want(next: Want): void;
  /** Follows bars and trades as well from now on. */
  addSeries(ledger: SeriesSubscriptions): void;
  /** Resumes at a position that another connection has reached for these symbols. */
  resumeFrom(from: string, names: Iterable<string>): void;
  /** A stream opens: what to ask it for. `spoken` is whether it can be asked for more later. */
  open(spoken: boolean): StreamRequest;
  /**
   * Takes in a message and, from transports that send one, the resume position after it. Returns an object when
   * everything that was asked for at the start of the stream has come. `hello` may come again: a poll has found another
   * run of the server then.
   */
  apply(message: ServerMessage, marked: string | undefined, send: Send): Synced | null;
  /** Sends what the server does not know yet; whether there is any. Nothing is sent before the first snapshots have come. */
  flush(send: Send): boolean;
}

/** Makes the subscriptions of a connection, which wants nothing yet. */
export function createSubscriptions(): Subscriptions {
  // What is wanted.
  let want = wantsNothing;
  let symbols: ReadonlySet<string> = new Set();
  let series: SeriesSubscriptions | null = null;

  // How far it has come.
  let epoch = "";
  let position: string | null = null;
  let settled: ReadonlySet<string> = new Set(); // the symbols for which the position holds
  let outdated = false; // what has come is not of what is wanted now, so the position holds for nothing
  let ambiguous = false;

  // The present stream.
  let duplex = true;
  let asked = new Set<string>(); // symbols
  const left = new Set<string>(); // symbols that have not been wanted for a moment: what was known of them is forgotten
  let askedWith = want; // its rate and fields
  let awaited = 0; // snapshots that have been asked for and have not come
  const refusable = new Set<number>(); // the ids of the requests for them
  let unasked = false; // the last answer was to no request: it is about names that have become known
  let starting = false; // they are the first of the stream
  let oldest = 0; // the smallest seq of the first ones
  let resumed = true;
  let marking = false; // the transport sends positions

  /** Only the positions that a transport sends count, where it does: bars may come after the quotes of the same flush. */
  const advance = (seq: number) => {
    if (!marking) position = `${epoch}-${seq}`;
  };

  /** Where the stream can be taken up for all that is wanted. */
  const since = () =>
    without(symbols, settled).length === 0 && (duplex || series?.settled() !== false) ? position : null;

  /** A snapshot has come, or will not. */
  const arrived = (): Synced | null => {
    awaited = Math.max(0, awaited - 1);
    if (awaited > 0) return null;
    settled = new Set(want.symbols.filter((name) => !outdated && asked.has(name)));
    if (!starting) return null;
    starting = false;
    if (oldest < Number.POSITIVE_INFINITY) advance(oldest); // it holds for all of them
    return { resumed };
  };

  const flush = (sendOut: Send, from: string | null = null): boolean => {
    const [send, any] = counted(sendOut);
    const ask = (message: object, snapshot: boolean): boolean => {
      const id = send({ type: "subscribe", ...message });
      if (id !== null && snapshot) {
        awaited++;
        refusable.add(id);
      }
      return id !== null;
    };
    sendRemoved(send, asked, symbols, left);
    const options = changedOptions(want, askedWith);
    if (options && ask(options, !!options.fields && asked.size > 0)) {
      askedWith = want;
      outdated = false;
    }
    sendAdded((message) => ask({ ...message, ...(from && { since: from }) }, true), asked, symbols);
    series?.flush(send, epoch);
    return any();
  };

  return {
    epoch: () => epoch,
    position: () => position,
    ambiguous: () => ambiguous,

    addSeries(ledger) {
      series = ledger;
      series.want(want.series);
    },

    want(next) {
      symbols = new Set(next.symbols);
      for (const name of without(asked, symbols)) left.add(name);
      ambiguous ||= next.symbols.some((name) => name[0] === "#") && without(want.symbols, symbols).length > 0;
      outdated ||= ambiguous || String(next.fields) !== String(want.fields);
      want = next;
      settled = new Set(want.symbols.filter((name) => !outdated && settled.has(name)));
      series?.want(want.series);
    },

    resumeFrom(from, names) {
      position = from;
      settled = new Set(names);
    },

    open(spoken) {
      duplex = spoken;
      refusable.clear();
      askedWith = want;
      outdated = false;
      ambiguous = false;
      starting = symbols.size > 0;
      const request = { ...want, series: series?.open(duplex) ?? [], since: since() };
      const fits = !duplex || streamQuery(request).length <= queryLimit;
      asked = new Set(fits ? symbols : []);
      return fits ? request : { ...request, symbols: [], since: null };
    },

    apply(message, marked, send) {
      let synced: Synced | null = null;
      marking = marked !== undefined;
      switch (message.type) {
        case "hello":
          ({ epoch } = message);
          if (!position?.startsWith(`${epoch}-`)) position = null;
          [starting, resumed, oldest] = [true, true, Number.POSITIVE_INFINITY];
          awaited = 1 + Math.min(asked.size, 1); // this hello, and the snapshot of what the query has asked for
          // What was added since the query comes later: with its snapshot, which is in full, the others would count as full.
          if (duplex && !ambiguous && asked.size === 0) flush(send, since());
          else if (duplex && !ambiguous) series?.flush(send, epoch);
          synced = arrived();
          break;
        case "subscribed":
        case "error":
          // A request that was refused gets no snapshot.
          if (refusable.delete(message.id ?? 0) && message.type === "error") synced = arrived();
          unasked = !("rate" in message);
          break;
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

    flush: (send) => !starting && flush(send),
  };
}

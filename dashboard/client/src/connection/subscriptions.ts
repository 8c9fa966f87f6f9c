import { isGroup, type Series, type Want, wantsNothing, without } from "../interest/want.ts";
import type { BarsMessage, ClientMessage, ServerMessage, TradesMessage } from "../protocol/messages.ts";
import type { Synced } from "../state.ts";
import { streamQuery } from "../transport/query.ts";
import type { StreamRequest } from "../transport/transport.ts";

const queryLimit = 1800; // bytes: proxies refuse long request lines; what can be told later goes as messages then
const perMessage = 100; // symbols of 32 bytes at most; servers take at least 4 KiB

function* chunks(symbols: readonly string[]): Generator<readonly string[]> {
  for (let from = 0; from < symbols.length; from += perMessage) yield symbols.slice(from, from + perMessage);
}

/**
 * Sends a message with an id, which it returns; null when it could not be sent. The ids are negative, so that they
 * are none of the program's own.
 */
export type Send = (message: {
  readonly type: ClientMessage["type"];
  readonly [key: string]: unknown;
}) => number | null;

/** The part of the subscriptions that is about bars and trades. It is in series/, which is loaded when it is needed. */
export interface SeriesSubscriptions {
  /** A position is known for every series that is wanted. */
  readonly settled: boolean;
  /** What is wanted from now on. */
  want(series: readonly Series[]): void;
  /** A stream opens: the series to put into its query, which are none where they can be sent later. */
  open(duplex: boolean): readonly Series[];
  /** Notes how far a message has come. */
  take(message: BarsMessage | TradesMessage, epoch: string): void;
  /** Sends what the server does not know yet. */
  flush(send: Send, epoch: string): void;
}

/**
 * What is followed, what the server has been told of that on the present stream, and how far it has
 * told us: everything that is needed to take a stream up again.
 */
export function createSubscriptions() {
  // What is wanted.
  let want: Want = wantsNothing;
  let symbols: ReadonlySet<string> = new Set();
  let series: SeriesSubscriptions | null = null;

  // How far we have been told, EPOCH-SEQ, and the symbols that this speaks for.
  let epoch = "";
  let position: string | null = null;
  let settled: ReadonlySet<string> = new Set();
  let anew = false; // what the stream tells is not what is wanted any more
  let tangled = false; // something has gone that may be in a list which has not: only a new stream can tell what is left

  // The stream.
  let duplex = true;
  let told = new Set<string>();
  let toldWant = want; // its rate and fields
  let owed = 0; // snapshots that have been asked for and have not come
  const asked = new Set<number>(); // the requests for them that may still be refused
  let starting = false; // they are the first of the stream
  let oldest = 0; // the seq of the first ones
  let resumed = true;
  let marking = false; // the transport says where a stream can be taken up

  /** Where the transport says its position, only that one counts: bars may follow the quotes of the same flush. */
  const advance = (seq: number) => {
    if (!marking) position = `${epoch}-${seq}`;
  };

  /** Where the stream can be taken up for all that is wanted. */
  const since = () =>
    without(symbols, settled).length === 0 && (duplex || series?.settled !== false) ? position : null;

  /** One of those that are owed has come, or will not. */
  const arrived = (): Synced | null => {
    owed = Math.max(0, owed - 1);
    if (owed > 0) return null;
    settled = new Set(want.symbols.filter((name) => !anew && told.has(name)));
    if (!starting) return null;
    starting = false;
    if (oldest < Number.POSITIVE_INFINITY) advance(oldest); // it holds for all of them
    return { resumed };
  };

  /** Says what the server does not know yet; what is new is to be told from this position. */
  const flush = (send: Send, from: string | null = null): void => {
    const removed = without(told, symbols);
    if (symbols.has("*")) {
      for (const name of removed) told.delete(name); // they are followed all the same
    } else {
      // Others that are wanted may be in a list, so all go with it, and those come back.
      for (const part of removed.some(isGroup) ? [["*"]] : chunks(removed)) {
        if (send({ type: "unsubscribe", symbols: part }) === null) continue;
        if (part[0] === "*") told.clear();
        else for (const symbol of part) told.delete(symbol);
      }
    }
    const ask = (message: Omit<Parameters<Send>[0], "type">, snapshot: boolean): boolean => {
      const id = send({ type: "subscribe", ...message });
      if (id !== null && snapshot) {
        owed++;
        asked.add(id);
      }
      return id !== null;
    };
    const { rate, fields } = want;
    const otherFields = String(fields) !== String(toldWant.fields);
    if (rate !== toldWant.rate || otherFields) {
      const change = {
        rate: rate ?? 1000, // more than any server flushes
        ...(otherFields && { fields: fields ?? [] }),
      };
      if (ask(change, otherFields && told.size > 0)) {
        toldWant = want;
        anew = false;
      }
    }
    for (const part of chunks(without(symbols, told))) {
      if (ask({ symbols: part, ...(from && { since: from }) }, true)) for (const name of part) told.add(name);
    }
    series?.flush(send, epoch);
  };

  return {
    /** The run of the server that speaks; "" before it has said hello. */
    get epoch(): string {
      return epoch;
    },

    get position(): string | null {
      return position;
    },

    /** From now on bars and trades are followed as well. */
    carry(ledger: SeriesSubscriptions): void {
      series = ledger;
      series.want(want.series);
    },

    want(next: Want): void {
      symbols = new Set(next.symbols);
      tangled ||= next.symbols.some((name) => name[0] === "#") && without(want.symbols, symbols).length > 0;
      anew ||= tangled || String(next.fields) !== String(want.fields);
      want = next;
      settled = new Set(want.symbols.filter((name) => !anew && settled.has(name)));
      series?.want(want.series);
    },

    /** Takes up what another has been told, as its own. */
    adopt(from: string, names: Iterable<string>): void {
      position = from;
      settled = new Set(names);
    },

    /** What a new stream is to be asked for; whether it can be spoken to later. */
    open(spoken: boolean): StreamRequest {
      duplex = spoken;
      asked.clear();
      toldWant = want;
      anew = false;
      tangled = false;
      starting = symbols.size > 0;
      const { rate, fields } = want;
      const request = { symbols: want.symbols, series: series?.open(duplex) ?? [], rate, fields, since: since() };
      const fits = !duplex || streamQuery(request).length <= queryLimit;
      told = new Set(fits ? symbols : []);
      return fits ? request : { ...request, symbols: [], since: null };
    },

    /**
     * Takes in a message, and its position where the transport knows. A hello may come again: a poll has found another
     * run of the server then.
     */
    take(message: ServerMessage, marked: string | undefined, send: Send): Synced | null {
      let synced: Synced | null = null;
      marking = marked !== undefined;
      switch (message.type) {
        case "hello":
          ({ epoch } = message);
          if (!position?.startsWith(`${epoch}-`)) position = null;
          starting = true;
          oldest = Number.POSITIVE_INFINITY;
          resumed = true;
          owed = 1 + Math.min(told.size, 1); // this hello, and what the query has asked for
          if (duplex && !tangled) flush(send, since());
          synced = arrived();
          break;
        case "subscribed":
        case "error": {
          const refused = asked.delete(message.id ?? 0) && message.type === "error";
          if (refused) synced = arrived(); // there will be no snapshot to wait for
          break;
        }
        case "snapshot":
          if (message.more) break;
          if (starting) {
            oldest = Math.min(oldest, message.seq);
            resumed &&= message.resumed === true;
          } else if (message.resumed) {
            advance(message.seq); // after a pause: it speaks for everything
            break;
          }
          synced = arrived(); // otherwise it speaks for what was added only
          break;
        case "update":
          if (!starting && !message.more) advance(message.seq);
          break;
        case "bars":
        case "trades":
          series?.take(message, epoch);
      }
      if (marked) position = marked;
      return synced;
    },

    flush,

    get tangled(): boolean {
      return tangled;
    },

    /** Whether the server knows another set than what is wanted, and can be told: the first snapshots are awaited. */
    stale(): boolean {
      let any = false;
      if (starting) return any;
      flush(() => {
        any = true;
        return null;
      });
      return any;
    },
  };
}

export type Subscriptions = ReturnType<typeof createSubscriptions>;

import type { Send } from "../connection/flush.ts";
import type { SeriesSubscriptions } from "../connection/subscriptions.ts";
import { isGroup, kindOf, type Series, seriesKey, without } from "../interest/want.ts";
import type { BarsMessage, TradesMessage } from "../protocol/messages.ts";

/**
 * The part of the subscriptions that is about bars and trades: what is wanted, what the server has been told of that
 * on the present stream, and how far it has told us. Each series has a position of its own.
 */
export function createSeriesLedger(): SeriesSubscriptions {
  let wanted: ReadonlyMap<string, Series> = new Map();
  const reached = new Map<string, string>(); // EPOCH-SEQ
  let told = new Map<string, Series>();

  return {
    want(series: readonly Series[]): void {
      // One that is followed already keeps its limit: it is what the server has been asked for.
      wanted = new Map(series.map((one) => [seriesKey(one), wanted.get(seriesKey(one)) ?? one]));
      for (const key of without(reached.keys(), wanted)) reached.delete(key);
    },

    /** Whether something of each has been told. */
    get settled(): boolean {
      return without(wanted.keys(), reached).length === 0;
    },

    /** A stream opens, and this goes with it, where it cannot be told later. */
    open(duplex: boolean): readonly Series[] {
      told = new Map(duplex ? [] : wanted);
      return [...told.values()];
    },

    take(message: BarsMessage | TradesMessage, epoch: string): void {
      const key = seriesKey(message);
      if (wanted.has(key) && !message.more) reached.set(key, `${epoch}-${message.seq}`);
    },

    /** Brings the server's idea in line with ours, over a stream that can be spoken to. */
    flush(send: Send, epoch: string): void {
      const say = (type: "subscribe" | "unsubscribe", { symbol, interval }: Series, more: object = {}) =>
        send({ type, ...(interval === null ? { trades: [symbol] } : { bars: [symbol], interval }), ...more }) !== null;
      const gone = [...told].filter(([key, one]) => !wanted.has(key) && say("unsubscribe", one)).map(([key]) => key);
      // Where lists are followed it may have been in one, or have had others in it: those are asked for again.
      const tangled = new Set([...told.keys()].filter(isGroup).map(kindOf));
      for (const key of gone) told.delete(key);
      for (const kind of new Set(gone.map(kindOf))) {
        if (tangled.has(kind)) for (const key of told.keys()) if (kindOf(key) === kind) told.delete(key);
      }
      for (const [key, one] of wanted) {
        if (told.has(key)) continue;
        const since = reached.get(key);
        const resumes = since?.startsWith(`${epoch}-`);
        if (say("subscribe", one, { ...(one.limit && { limit: one.limit }), ...(resumes && { since }) })) {
          told.set(key, one);
        }
      }
    },
  };
}

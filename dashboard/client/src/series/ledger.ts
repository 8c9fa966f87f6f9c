import type { SeriesSubscriptions } from "../connection/subscriptions.ts";
import { isGroup, kindOf, type Series, seriesKey, without } from "../interest/want.ts";

/**
 * The part of the subscriptions that is about bars and trades: what is wanted, what the server has been asked for on the
 * present stream, and how far it has come. Each series has a position of its own.
 */
export function createSeriesLedger(): SeriesSubscriptions {
  let wanted: ReadonlyMap<string, Series> = new Map();
  let asked = new Map<string, Series>();
  const left = new Set<string>(); // those that have not been wanted for a moment: what was known of them is forgotten
  const reached = new Map<string, string>(); // the positions

  return {
    want(series) {
      const given = new Set(series.map(seriesKey));
      for (const key of without(wanted.keys(), given)) if (asked.has(key)) left.add(key);
      // One that is followed already keeps its limit: it is what the server has been asked for.
      wanted = new Map(series.map((one) => [seriesKey(one), wanted.get(seriesKey(one)) ?? one]));
      for (const key of without(reached.keys(), wanted)) reached.delete(key);
    },

    settled: () => without(wanted.keys(), reached).length === 0,

    open(duplex) {
      asked = new Map(duplex ? [] : wanted);
      left.clear();
      return [...asked.values()];
    },

    apply(message, epoch) {
      const key = seriesKey(message);
      if (wanted.has(key) && !message.more) reached.set(key, `${epoch}-${message.seq}`);
    },

    flush(send, epoch) {
      const ask = (type: "subscribe" | "unsubscribe", { symbol, interval }: Series, more: object = {}) =>
        send({ type, ...(interval === null ? { trades: [symbol] } : { bars: [symbol], interval }), ...more }) !== null;
      const over = (key: string) => !wanted.has(key) || left.has(key); // what is wanted again is asked for again
      const gone = [...asked].filter(([key, one]) => over(key) && ask("unsubscribe", one)).map(([key]) => key);
      // A list and a symbol may overlap. So when one goes, what is left of its kind is asked for again.
      const listed = new Set([...asked.keys()].filter(isGroup).map(kindOf));
      for (const key of gone) {
        asked.delete(key);
        left.delete(key);
      }
      for (const kind of new Set(gone.map(kindOf))) {
        if (listed.has(kind)) for (const key of asked.keys()) if (kindOf(key) === kind) asked.delete(key);
      }
      for (const [key, one] of wanted) {
        if (asked.has(key)) continue;
        const since = reached.get(key);
        const resumes = since?.startsWith(`${epoch}-`);
        if (ask("subscribe", one, { ...(one.limit && { limit: one.limit }), ...(resumes && { since }) })) {
          asked.set(key, one);
        }
      }
    },
  };
}

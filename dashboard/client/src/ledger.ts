import type { Send } from "./connection.ts";
import { type BarsMessage, formatPosition, type Position, type TradesMessage } from "./protocol.ts";
import type { Series } from "./transport.ts";
import { keyOfSeries, seriesKey, without } from "./want.ts";

const named = ({ symbol, interval }: Pick<Series, "symbol" | "interval">) =>
  interval === null ? { trades: [symbol] } : { bars: [symbol], interval };

/**
 * The part of the subscriptions that is about bars and trades: what is wanted, what the server has been told of that
 * on the present stream, and how far it has told us. Each series has a position of its own.
 */
export function createSeriesLedger() {
  let wanted: ReadonlyMap<string, Series> = new Map();
  let epoch = "";
  const reached = new Map<string, Position>();
  let told = new Set<string>();

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

    /** Whether the server knows another set than what is wanted. */
    get stale(): boolean {
      return without(wanted.keys(), told).length > 0 || wanted.size !== told.size;
    },

    /** A stream opens, and this goes with it, where it cannot be told later. */
    open(duplex: boolean): readonly Series[] {
      const all = duplex ? [] : [...wanted.values()];
      told = new Set(all.map(seriesKey));
      return all;
    },

    /** A stream has said hello. */
    greet(next: string): void {
      epoch = next;
    },

    take(message: BarsMessage | TradesMessage): void {
      const key = keyOfSeries(message);
      if (wanted.has(key) && !message.more) reached.set(key, { epoch, seq: message.seq });
    },

    /** Brings the server's idea in line with ours, over a stream that can be spoken to. */
    flush(send: Send): void {
      for (const key of without(told, wanted)) {
        const [kind = "", symbol = ""] = key.split(" ");
        const gone = named({ symbol, interval: kind === "trades" ? null : kind });
        if (send({ type: "unsubscribe", ...gone }) !== null) told.delete(key);
      }
      for (const [key, one] of wanted) {
        if (told.has(key)) continue;
        const at = reached.get(key);
        const id = send({
          type: "subscribe",
          ...named(one),
          ...(one.limit && { limit: one.limit }),
          ...(at?.epoch === epoch && { since: formatPosition(at) }),
        });
        if (id !== null) told.add(key);
      }
    },
  };
}

export type SeriesLedger = ReturnType<typeof createSeriesLedger>;

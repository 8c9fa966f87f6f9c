import { isGroup, kindOf, longer, type Series, seriesKey, without } from "../interest/want.ts";
import type { Requests, Send, SeriesSubscriptions } from "../subscriptions/contract.ts";

const queryBytes = 4000; // of series in the query of a stream that takes no messages

const seqOf = (position: string | undefined) => Number(position?.split("-")[1]);

/**
 * The part of the subscriptions that is about bars and trades: what is wanted, what the server has been asked for on the
 * present stream, and how far it has come. Each series has a position of its own. One message asks for all series of one
 * kind, and is taken up at the oldest position of these: some of what it brings may be known already.
 */
export function createSeriesLedger(): SeriesSubscriptions {
  let wanted: ReadonlyMap<string, Series> = new Map();
  let asked = new Map<string, Series>();
  const dropped = new Set<string>(); // of them, those that have not been wanted for a moment: what was known is forgotten
  let most = Number.POSITIVE_INFINITY; // in the query of a stream
  let omitted: readonly string[] = []; // from the query of the present stream
  const reached = new Map<string, string>(); // the positions
  const begun = new Set<string>(); // their history has come; a change before it gives no position

  const message = (key: string, keys: readonly string[], more: object = {}) => {
    const symbols = keys.map((key) => key.slice(kindOf(key).length));
    const interval = kindOf(key).trim();
    return { ...(interval === "trades" ? { trades: symbols } : { bars: symbols, interval }), ...more };
  };

  /** Unsubscribes from what is not wanted any more, and from what is to be asked for again. */
  const remove = (requests: Requests, send: Send) => {
    // A list and a symbol may overlap. So when one goes, what is left of its kind is asked for again.
    const listed = new Set([...asked.keys()].filter(isGroup).map(kindOf));
    const removed = [...asked.keys()].filter((key) => !wanted.has(key) || dropped.has(key));
    for (const kind of new Set(removed.map(kindOf))) {
      for (const keys of requests.parts(removed.filter((key) => kindOf(key) === kind))) {
        const before = keys.map((key) => [key, asked.get(key)] as const);
        const undo = () => {
          for (const [key, one] of before) {
            if (one) asked.set(key, one);
            dropped.add(key);
          }
        };
        const request = { kind: "series", keys: [], undo } as const;
        if (!requests.free()) return;
        if (!requests.send(send, { type: "unsubscribe", ...message(kind, keys) }, request)) return;
        for (const key of keys) {
          asked.delete(key);
          dropped.delete(key);
        }
        requests.room("series", keys.length);
      }
      if (listed.has(kind)) for (const key of asked.keys()) if (kindOf(key) === kind) asked.delete(key);
    }
  };

  /** Where a series can be taken up in this run of the server; null where it cannot. */
  const since = (key: string, epoch: string) => {
    const position = reached.get(key);
    return position?.startsWith(`${epoch}-`) ? position : null;
  };

  /** Those that one message can ask for together with the first: in another, too much would come again. */
  const alike = (left: readonly string[], epoch: string) => {
    const newest = Math.max(...left.map((key) => seqOf(since(key, epoch) ?? "")).filter((seq) => seq >= 0));
    const age = (key: string) => {
      const position = since(key, epoch);
      return position && Math.ceil(Math.log2(newest - seqOf(position) + 1));
    };
    const of = (key: string) => `${kindOf(key)} ${wanted.get(key)?.limit} ${age(key)}`;
    return left.filter((key) => of(key) === of(left[0] as string));
  };

  return {
    want(series) {
      // The longest history that was asked for stays.
      const next = new Map<string, Series>();
      for (const one of series) {
        const key = seriesKey(one);
        const before = wanted.get(key) ?? one;
        const longest = longer(before, one);
        next.set(key, longest);
        if (longest === before) continue;
        reached.delete(key);
        begun.delete(key);
      }
      for (const key of without(asked.keys(), next)) dropped.add(key);
      if (without(wanted.keys(), next).length) most = Number.POSITIVE_INFINITY;
      wanted = next;
      for (const key of without(reached.keys(), wanted)) reached.delete(key);
      for (const key of without(begun, wanted)) begun.delete(key);
    },

    settled: () => without(asked.keys(), reached).length === 0,

    halve() {
      most = asked.size >> 1;
    },

    open(duplex, requests) {
      asked = new Map();
      dropped.clear();
      omitted = [];
      if (duplex) {
        most = Number.POSITIVE_INFINITY;
        return [];
      }
      let bytes = 0;
      for (const [key, one] of wanted) {
        bytes += encodeURIComponent(one.symbol).length + 1;
        if (asked.size < most && bytes <= queryBytes) asked.set(key, one);
      }
      omitted = without(wanted.keys(), asked);
      requests.allot(asked.keys(), omitted);
      return [...asked.values()];
    },

    apply(message, epoch) {
      const key = seriesKey(message);
      if (!wanted.has(key)) return;
      if (message.reset && !dropped.has(key)) begun.add(key);
      if (!message.more && begun.has(key)) reached.set(key, `${epoch}-${message.seq}`);
    },

    flush(requests, send, epoch) {
      remove(requests, send);
      let left = without(wanted.keys(), new Set(omitted));
      left = left.filter((key) => asked.get(key)?.limit !== wanted.get(key)?.limit);
      for (;;) {
        const first = without(left, requests.refused);
        const some = first.length ? first : left;
        const keys = some.length ? requests.next("series", alike(some, epoch)) : [];
        const [key] = keys;
        if (key === undefined) return requests.wait("series", left);
        const positions = keys.flatMap((key) => since(key, epoch) ?? []).sort((a, b) => seqOf(a) - seqOf(b));
        const limit = wanted.get(key)?.limit;
        const options = { ...(limit && { limit }), ...(positions[0] && { since: positions[0] }) };
        const before = keys.map((key) => [key, asked.get(key)] as const);
        const undo = () => {
          for (const [key, one] of before) {
            if (one) asked.set(key, one);
            else asked.delete(key);
          }
        };
        const request = { kind: "series", keys, undo } as const;
        if (!requests.send(send, { type: "subscribe", ...message(key, keys, options) }, request)) return null;
        for (const key of keys) asked.set(key, wanted.get(key) as Series);
        left = left.filter((key) => !keys.includes(key));
      }
    },
  };
}

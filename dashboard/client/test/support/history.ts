import type { ServerMessage, WireBar, WireTrade } from "../../src/protocol/messages.ts";

interface Deal extends WireTrade {
  seq: number; // of the flush with which it was sent
}

const perBar = 3; // trades

/** The trades of all symbols in one run of a server, and the bars that they make. `now` is in ms. */
export function createHistory(now: () => number) {
  const deals = new Map<string, Deal[]>();
  const of = (symbol: string, since: number) => (deals.get(symbol) ?? []).filter(({ seq }) => seq > since);
  const sent = ({ seq }: Deal) => seq < Number.POSITIVE_INFINITY;

  const trades = (symbol: string, since: number): readonly WireTrade[] =>
    of(symbol, since)
      .filter(sent)
      .map(({ i, p, t }) => ({ i, p, t }));
  const bars = (symbol: string, since: number): readonly WireBar[] => {
    const made = new Map<number, { bar: WireBar; seq: number }>();
    for (const { i, p, seq } of of(symbol, 0).filter(sent)) {
      const t = Math.floor((i - 1) / perBar) * 60_000_000;
      const { o = p, h = p, l = p, n = 0 } = made.get(t)?.bar ?? {};
      made.set(t, { bar: { t, o, h: Math.max(h, p), l: Math.min(l, p), c: p, n: n + 1 }, seq });
    }
    return [...made.values()].filter(({ seq }) => seq > since).map(({ bar }) => bar);
  };

  return {
    add(symbol: string, p: number, seq = Number.POSITIVE_INFINITY): void {
      const list = deals.get(symbol) ?? [];
      deals.set(symbol, list);
      list.push({ i: list.length + 1, p, t: now() * 1000, seq });
    },
    /** What has been added is sent with the flush `seq`. */
    flush(symbol: string, seq: number): void {
      for (const deal of deals.get(symbol) ?? []) if (!sent(deal)) deal.seq = seq;
    },
    /** Another run of the server begins. */
    clear: () => deals.clear(),
    bars,
    trades,
    /** What changes a series by its key since a flush, as of another one; null is for all of it. None where nothing does. */
    messages(key: string, since: number | null, seq: number): readonly ServerMessage[] {
      const [kind, symbol] = key.split(" ") as [string, string];
      const from = since ?? 0;
      const head = { seq, time: now() * 1000, symbol, ...(since === null && { reset: true }) };
      const message: ServerMessage =
        kind === "trades"
          ? { type: "trades", ...head, skipped: 0, trades: trades(symbol, from) }
          : { type: "bars", ...head, interval: kind, bars: bars(symbol, from) };
      const { length } = message.type === "bars" ? message.bars : message.trades;
      return length > 0 ? [message] : [];
    },
  };
}

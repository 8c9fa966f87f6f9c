import type { Bar, Client } from "tickertape-client";
import type { Shown } from "../shown.ts";

const quoteFollows = 100; // ms: the server sends the bars of a flush first, and the quote of their symbol within this time
const mostChanges = 500; // bars that wait for a drawing, as while the page is hidden; of more, all are drawn anew

/** What has changed since the bars were drawn last. */
export interface BarChanges {
  /** All have to be drawn anew. */
  readonly whole: boolean;
  /** Those that are new or have changed, oldest first, where not all have to be drawn anew. */
  readonly bars: readonly Bar[];
  /** All bars, oldest first. They are thousands: ask only where they are needed. */
  readonly all: () => readonly Bar[];
  /** The server has sent bars, or said that there are none. */
  readonly answered: boolean;
}

/** Which bars are followed, and who draws them. */
export interface FollowOptions {
  readonly client: Client;
  readonly shown: Pick<Shown, "follow" | "paced">;
  readonly symbol: string;
  readonly interval: string;
  /** Called while bars change, for the frames that show prices. It returns false if it could not draw: the next call gets all. */
  readonly draw: (changes: BarChanges) => boolean;
}

/** Follows the bars of a symbol, until it is closed. */
export function followBars({ client, shown, symbol, interval, draw }: FollowOptions) {
  const subscription = { bars: [symbol], interval };
  const all = () => client.bars(symbol, interval);
  const changes = new Map<number, Bar>(); // by their start: the newest state of each
  let whole = true;
  let answered = false;
  let closed = false;
  let newest = { seq: 0, at: 0 }; // the flush of the newest bars, and when they came

  const mark = shown.paced(() => {
    if (closed) return;
    whole = !draw({ whole, bars: [...changes.values()].sort((a, b) => a.time - b.time), all, answered });
    changes.clear();
  }, true);
  const stops = [
    shown.follow({
      wants: (one) => one === symbol,
      awaits: () => newest.seq > (client.entry(symbol)?.seq ?? 0) && performance.now() - newest.at < quoteFollows,
      draw() {},
    }),
    client.on("bars", (message) => {
      if (message.symbol === symbol && message.interval === interval)
        newest = { seq: message.seq, at: performance.now() };
    }),
    client.on("series", (change) => {
      if (change.kind !== "bars" || change.symbol !== symbol || change.interval !== interval) return;
      answered = true;
      if (whole || change.reset || changes.size > mostChanges) {
        whole = true;
        changes.clear();
      } else for (const bar of change.bars) changes.set(bar.time, bar);
      queueMicrotask(mark); // once the message of these bars has been heard, too: they may await its quote
    }),
  ];
  client.subscribe(subscription);

  return {
    /** Has all bars drawn anew. */
    redraw(): void {
      whole = true;
      changes.clear();
      mark();
    },
    close(): void {
      closed = true;
      for (const stop of stops) stop();
      client.unsubscribe(subscription);
    },
  };
}

/** Bars that are followed. */
export type FollowedBars = ReturnType<typeof followBars>;

import type { Bar, Client } from "tickertape-client";
import { onceAFrame } from "../frame.ts";
import type { Shown } from "../shown.ts";

const quoteFollows = 100; // ms in which a quote comes that its flush has for the symbol, after the bars
const longestWait = 300; // ms that bars wait for the price to change on the page: a late bar comes without one
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
  readonly shown: Shown;
  readonly symbol: string;
  readonly interval: string;
  /**
   * Called while bars change, in the frames that show another price of the symbol, so that both are always the same. It
   * returns false if it could not draw: the next call gets all.
   */
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
  let bars = { seq: 0, at: 0 }; // the flush of the newest bars, and when they came
  let timer: ReturnType<typeof setTimeout> | undefined; // runs while changes wait

  const run = () => {
    clearTimeout(timer);
    timer = undefined;
    if (closed) return;
    whole = !draw({ whole, bars: [...changes.values()].sort((a, b) => a.time - b.time), all, answered });
    changes.clear();
  };
  const soon = onceAFrame(run);
  const drawAll = () => {
    whole = true;
    changes.clear();
    soon();
  };
  const stops = [
    shown.follow({
      wants: (one) => one === symbol,
      awaits: (one) =>
        one === symbol && bars.seq > (client.entry(symbol)?.seq ?? 0) && performance.now() - bars.at < quoteFollows,
      draw: (symbols) => {
        if (timer !== undefined && symbols.has(symbol)) run();
      },
    }),
    client.on("bars", (message) => {
      if (message.symbol === symbol && message.interval === interval)
        bars = { seq: message.seq, at: performance.now() };
    }),
    client.on("series", (change) => {
      if (change.kind !== "bars" || change.symbol !== symbol || change.interval !== interval) return;
      answered = true;
      if (whole || change.reset || changes.size > mostChanges) {
        drawAll();
        return;
      }
      for (const bar of change.bars) changes.set(bar.time, bar);
      timer ??= setTimeout(soon, longestWait);
    }),
  ];
  client.subscribe(subscription);

  return {
    /** Has all bars drawn anew. */
    redraw: drawAll,
    close(): void {
      closed = true;
      clearTimeout(timer);
      for (const stop of stops) stop();
      client.unsubscribe(subscription);
    },
  };
}

/** Bars that are followed. */
export type FollowedBars = ReturnType<typeof followBars>;

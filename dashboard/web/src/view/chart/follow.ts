import type { Bar, Client } from "tickertape-client";
import { paced } from "../frame.ts";

const gap = 100; // ms at least from one drawing to the next
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
  readonly symbol: string;
  readonly interval: string;
  /** Called in a frame, ten times a second at most, while bars change. It returns false if it could not draw: the next call gets all. */
  readonly draw: (changes: BarChanges) => boolean;
}

/** Follows the bars of a symbol, until it is closed. */
export function followBars({ client, symbol, interval, draw }: FollowOptions) {
  const subscription = { bars: [symbol], interval };
  const all = () => client.bars(symbol, interval);
  const changes = new Map<number, Bar>(); // by their start: the newest state of each
  let whole = true;
  let answered = false;
  let closed = false;

  const mark = paced(gap, () => {
    if (closed) return;
    whole = !draw({ whole, bars: [...changes.values()].sort((a, b) => a.time - b.time), all, answered });
    changes.clear();
  });
  const stop = client.on("series", (change) => {
    if (change.kind !== "bars" || change.symbol !== symbol || change.interval !== interval) return;
    answered = true;
    if (change.reset || changes.size > mostChanges) {
      whole = true;
      changes.clear();
    }
    if (!whole) for (const bar of change.bars) changes.set(bar.time, bar);
    mark();
  });
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
      stop();
      client.unsubscribe(subscription);
    },
  };
}

/** Bars that are followed. */
export type FollowedBars = ReturnType<typeof followBars>;

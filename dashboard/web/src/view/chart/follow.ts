import type { Bar, Client } from "tickertape-client";
import type { Shown } from "../shown.ts";

/** What has changed since the bars were drawn last. */
export interface BarChanges {
  /** All have to be drawn anew. */
  readonly whole: boolean;
  /** Those that are new or have changed, where not all have to be drawn anew. */
  readonly bars: readonly Bar[];
  /** All bars, oldest first. They are thousands: ask only where they are needed. */
  readonly all: () => readonly Bar[];
  /** The server has sent bars, or said that there are none. */
  readonly answered: boolean;
}

/** Which bars are followed, and who draws them. */
export interface FollowOptions {
  readonly client: Client;
  readonly shown: Pick<Shown, "paced">;
  readonly symbol: string;
  readonly interval: string;
  /** Called in the frames that show prices, while bars change. It returns false if it could not draw: the next call gets all. */
  readonly draw: (changes: BarChanges) => boolean;
}

/** Follows the bars of a symbol, until it is closed. */
export function followBars({ client, shown, symbol, interval, draw }: FollowOptions) {
  const subscription = { bars: [symbol], interval };
  const all = () => client.bars(symbol, interval);
  let bars: Bar[] = [];
  let whole = true;
  let answered = false;

  const mark = shown.paced(() => {
    whole = !draw({ whole, bars, all, answered });
    bars = [];
  }, true);
  const stop = client.on("series", (change) => {
    if (change.kind !== "bars" || change.symbol !== symbol || change.interval !== interval) return;
    answered = true;
    if (change.reset) whole = true;
    else if (!whole) bars.push(...change.bars);
    mark();
  });
  client.subscribe(subscription);

  return {
    /** Has all bars drawn anew. */
    redraw(): void {
      whole = true;
      mark();
    },
    close(): void {
      stop();
      client.unsubscribe(subscription);
    },
  };
}

/** Bars that are followed. */
export type FollowedBars = ReturnType<typeof followBars>;

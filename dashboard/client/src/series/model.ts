import type { WireBar, WireTrade } from "../protocol/messages.ts";

/**
 * What was traded in one interval. Time is its start in milliseconds since the Unix epoch; open to vwap are
 * undefined when the trades in it made no price.
 */
export interface Bar {
  readonly time: number;
  readonly open: number | undefined;
  readonly high: number | undefined;
  readonly low: number | undefined;
  readonly close: number | undefined;
  readonly volume: number;
  /** How many trades; 0 for a bar that has gone: its trades were cancelled. */
  readonly trades: number;
  readonly vwap: number | undefined;
  /** Its prices are those of outside the regular session. */
  readonly extended: boolean;
}

export interface Trade {
  /** Counts the trades of the symbol in one run of the server, from 1. */
  readonly number: number;
  readonly price: number;
  readonly size: number | undefined;
  /** By the exchange's clock, in milliseconds since the Unix epoch. */
  readonly time: number;
  /** Against the price before: 1 up, -1 down, 0 the same or not known. */
  readonly direction: -1 | 0 | 1;
  readonly conditions: readonly string[];
  readonly extended: boolean;
  readonly status: "" | "corrected" | "cancelled";
}

/** What a message has changed of a series; `reset`: these are all there are. */
export type SeriesChange =
  | {
      readonly kind: "bars";
      readonly symbol: string;
      readonly interval: string;
      readonly reset: boolean;
      readonly bars: readonly Bar[];
    }
  | {
      readonly kind: "trades";
      readonly symbol: string;
      readonly reset: boolean;
      /** Trades before these that are not told. */
      readonly skipped: number;
      readonly trades: readonly Trade[];
    };

/** The bar of one on the wire. */
export const makeBar = (bar: WireBar): Bar => ({
  time: bar.t / 1000,
  open: bar.o,
  high: bar.h,
  low: bar.l,
  close: bar.c,
  volume: bar.v ?? 0,
  trades: bar.n ?? 0,
  vwap: bar.vw,
  extended: bar.x === true,
});

/** The trade of one on the wire. */
export const makeTrade = (trade: WireTrade): Trade => ({
  number: trade.i,
  price: trade.p,
  size: trade.z,
  time: trade.t / 1000,
  direction: Math.sign(trade.d ?? 0) as -1 | 0 | 1,
  conditions: trade.c ?? [],
  extended: trade.x === true,
  status: trade.st === "corrected" || trade.st === "cancelled" ? trade.st : "",
});

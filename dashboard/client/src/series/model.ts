import type { WireBar, WireTrade } from "../protocol/messages.ts";

/** What was traded in one interval. Prices and vwap are undefined when no trade in it made a price. */
export interface Bar {
  /** Its start, in ms since the Unix epoch. */
  readonly time: number;
  readonly open: number | undefined;
  readonly high: number | undefined;
  readonly low: number | undefined;
  readonly close: number | undefined;
  readonly volume: number;
  /** How many trades there were. 0: the bar has gone, since its trades were cancelled. */
  readonly trades: number;
  readonly vwap: number | undefined;
  /** Its prices are from outside the regular session. */
  readonly extended: boolean;
}

/** One trade of a symbol. */
export interface Trade {
  /** Counts the trades of the symbol in one run of the server, from 1. */
  readonly number: number;
  readonly price: number;
  readonly size: number | undefined;
  /** By the exchange's clock, in ms since the Unix epoch. */
  readonly time: number;
  /** 1: above the last price that differed; -1: below it; 0: not known. */
  readonly direction: -1 | 0 | 1;
  /** The sale conditions, as the source spells them. */
  readonly conditions: readonly string[];
  /** Outside the regular session. */
  readonly extended: boolean;
  readonly status: "" | "corrected" | "cancelled";
}

/** What a message has changed of a series. With `reset` these are all there are. */
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
      /** Trades before these that are left out. */
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

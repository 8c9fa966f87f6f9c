import type { Quote as WireQuote } from "../protocol/messages.ts";
import type { Entry } from "./board.ts";
import { change, changePercent } from "./decimal.ts";

export type QuoteStatus = "live" | "stale" | "halted" | "closed" | "down";

/**
 * All that is known of one symbol at one moment; a change makes another object. What nobody has told is
 * undefined. Prices are decimal numbers with the source's digits, sizes and volumes count units of the
 * instrument, times are milliseconds since the Unix epoch, with fractions.
 */
export interface Quote {
  readonly symbol: string;
  readonly last: number | undefined;
  readonly size: number | undefined;
  readonly bid: number | undefined;
  readonly bidSize: number | undefined;
  readonly ask: number | undefined;
  readonly askSize: number | undefined;
  readonly open: number | undefined;
  readonly high: number | undefined;
  readonly low: number | undefined;
  readonly previousClose: number | undefined;
  readonly volume: number | undefined;
  /** How many trades the volume is made of. */
  readonly trades: number | undefined;
  readonly vwap: number | undefined;
  /** Last minus previous close, exactly. */
  readonly change: number | undefined;
  /** The same in percent of the previous close. */
  readonly changePercent: number | undefined;
  /** The last price outside the regular session, while no regular one has come after it. */
  readonly extended: number | undefined;
  readonly extendedTime: number | undefined;
  /** What the server says of it. */
  readonly status: QuoteStatus;
  /** False while no open connection vouches for it: it is an old price then. */
  readonly confirmed: boolean;
  /** Live by the server's word, confirmed, and not paused: the only price that may look live. */
  readonly live: boolean;
  /** Which source it is from, where the server has several. */
  readonly source: string | undefined;
  /** Which way the last price went; 0 is not known. */
  readonly tick: -1 | 0 | 1;
  /** The flush that told it; NaN when that was one of an earlier run of the server. */
  readonly seq: number;
  /** Of the last change, by the exchange's clock. */
  readonly exchangeTime: number | undefined;
  /** When the server sent it, by the server's clock. */
  readonly serverTime: number;
  /** When it arrived, by this machine's clock. */
  readonly receivedTime: number;
  /** The same in the keys of the wire. */
  readonly raw: WireQuote;
  /** Milliseconds since the exchange time, by the server's clock, at the call; Infinity where there is none. */
  age(): number;
}

const statuses: readonly string[] = ["live", "stale", "halted", "closed", "down"] satisfies QuoteStatus[];

/** The quote of an entry; running: the connection is open, has told everything, and is not paused. */
export function makeQuote(entry: Entry, running: boolean, serverTime: () => number): Quote {
  const { quote: raw, confirmed, tick, seq, sent, received } = entry;
  const { p: last, pc: previousClose, st = "live" } = raw;
  const both = last !== undefined && previousClose !== undefined;
  const status = (statuses.includes(st) ? st : "stale") as QuoteStatus;
  const exchangeTime = raw.t && raw.t / 1000;
  return {
    symbol: raw.s,
    last,
    size: raw.z,
    bid: raw.b,
    bidSize: raw.bz,
    ask: raw.a,
    askSize: raw.az,
    open: raw.o,
    high: raw.h,
    low: raw.l,
    previousClose,
    volume: raw.v,
    trades: raw.n,
    vwap: raw.vw,
    change: both ? change(last, previousClose) : undefined,
    changePercent: (both ? changePercent(last, previousClose) : null) ?? undefined,
    extended: raw.x,
    extendedTime: raw.xt && raw.xt / 1000,
    status,
    confirmed,
    live: running && confirmed && status === "live",
    source: raw.src,
    tick,
    seq,
    exchangeTime,
    serverTime: sent / 1000,
    receivedTime: received,
    raw,
    age: () => (exchangeTime === undefined ? Number.POSITIVE_INFINITY : Math.max(0, serverTime() - exchangeTime)),
  };
}

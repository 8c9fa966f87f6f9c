import type { Quote as WireQuote } from "../protocol/messages.ts";
import type { Entry } from "./board.ts";
import { change, changePercent } from "./decimal.ts";

/** The status of a quote. */
export type QuoteStatus = "live" | "stale" | "halted" | "closed" | "down";

/**
 * Everything that is known of one symbol at one moment. Each change makes another object. What is not known is
 * undefined. Prices are numbers with the digits of the source, sizes and volumes are in units of the instrument, times
 * are in ms since the Unix epoch, with fractions.
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
  /** Adjusted where `adjusted` says so. */
  readonly previousClose: number | undefined;
  /** What happened to the shares since the previous close, such as "split 10:1" or "dividend 1.25". */
  readonly adjusted: string | undefined;
  readonly volume: number | undefined;
  /** How many trades there were in the session. */
  readonly trades: number | undefined;
  readonly vwap: number | undefined;
  /** Last minus previous close, exactly. */
  readonly change: number | undefined;
  /** The same in percent of the previous close. */
  readonly changePercent: number | undefined;
  /** The last price outside the regular session, while no regular one has come after it. */
  readonly extended: number | undefined;
  readonly extendedTime: number | undefined;
  /** As the server says. A status that this version does not know is "stale". */
  readonly status: QuoteStatus;
  /** Why the status is what it is, where that needs saying: "in doubt". */
  readonly reason: string | undefined;
  /** Whether the present connection has sent it, or has said that it has not changed. Else it is an old price. */
  readonly confirmed: boolean;
  /** Whether it may be shown as live: its status is "live", it is confirmed, and the client is open, synced and not paused. */
  readonly live: boolean;
  /** Which source it is from, where the server has several. */
  readonly source: string | undefined;
  /** The last move of the last price: 1 up, -1 down, 0 not known. */
  readonly tick: -1 | 0 | 1;
  /** The flush of the server that it is from; NaN when that was in an earlier run of the server. */
  readonly seq: number;
  /** When it last changed, by the exchange's clock. */
  readonly exchangeTime: number | undefined;
  /** When the server sent it, by the server's clock. */
  readonly serverTime: number;
  /** When it arrived, by this machine's clock. */
  readonly receivedTime: number;
  /** The same in the keys of the wire. */
  readonly raw: WireQuote;
  /** Time since the exchange time, by the server's clock, in ms, 0 or more; Infinity where there is no exchange time. */
  age(): number;
}

const statuses: readonly string[] = ["live", "stale", "halted", "closed", "down"] satisfies QuoteStatus[];

/** Makes the quote of an entry. `running`: the client is open, synced and not paused. */
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
    adjusted: raw.adj,
    volume: raw.v,
    trades: raw.n,
    vwap: raw.vw,
    change: both ? change(last, previousClose) : undefined,
    changePercent: (both ? changePercent(last, previousClose) : null) ?? undefined,
    extended: raw.x,
    extendedTime: raw.xt && raw.xt / 1000,
    status,
    reason: raw.why,
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

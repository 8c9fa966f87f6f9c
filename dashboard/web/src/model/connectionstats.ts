import { type ReadonlySignal, signal } from "@preact/signals-core";
import type { Client, Entry, WireQuote } from "tickertape-client";
import { measureLatency } from "tickertape-client/latency";
import type { Meter } from "./meter.ts";
import { createSilenceMeter, type Silence } from "./silence.ts";

/** Measurements of the connection, taken once a second. */
export interface ConnectionStats {
  /**
   * Age of the newest tick of what is followed, in ms; null without any. The ticks of a recording have old times. Where all are of one,
   * it is the time since the last one arrived.
   */
  readonly newest: number | null;
  /** The time that the recording has reached, in ms since the Unix epoch; null where none is played. */
  readonly played: number | null;
  /** Quotes a second. */
  readonly rate: number;
  /** The round trip to the server in ms; null while it is not known. */
  readonly latency: number | null;
  /** How long nothing has come; null while it is not known how long that usually is. */
  readonly silence: Silence | null;
  /** In ms since the Unix epoch. */
  readonly now: number;
}

/** What is measured, and with which clock. */
export interface ConnectionStatsOptions {
  readonly client: Client;
  readonly meter: Meter;
  /** Whether prices are those of a recording, by the source that a quote names, where there are several. */
  readonly replayed: (source: string | undefined) => boolean;
  readonly now: () => number;
}

const measureEvery = 1000; // ms

/** Measures the connection until it is closed. */
export function createConnectionStats({ client, meter, replayed, now }: ConnectionStatsOptions) {
  const latency = measureLatency(client);
  let newest = 0; // µs since the Unix epoch, by the server's clock; of prices that are not replayed
  let played = 0; // the same of those that are
  let lastArrival = 0; // ms since the Unix epoch
  const silence = createSilenceMeter(); // of messages with prices
  let granted = 0; // updates a second, as the server has said
  const stops = [
    client.on("rate", silence.forget),
    client.on("subscribed", ({ rate = granted }) => {
      if (rate !== granted) silence.forget();
      granted = rate;
    }),
  ];

  const ageOf = (tick: number) => Math.max(0, client.serverTime() - tick / 1000); // in ms, by the server's clock
  const newestAge = () => {
    if (newest > 0) return ageOf(newest);
    return played > 0 ? now() - lastArrival : null;
  };

  const read = (): ConnectionStats => ({
    newest: newestAge(),
    played: played > 0 ? played / 1000 : null,
    rate: meter.rate(),
    latency: client.state.paused ? null : latency.value,
    silence: silence.read(now()),
    now: now(),
  });
  const note = (quotes: readonly WireQuote[]) => {
    let reached = 0; // a recording may begin again, so of these quotes alone
    for (const { src, t = 0 } of quotes) {
      if (replayed(src)) reached = Math.max(reached, t);
      else newest = Math.max(newest, t);
    }
    if (reached > 0) played = reached;
  };
  const value = signal<ConnectionStats>(read());
  const update = () => {
    value.value = read();
  };
  const timer = setInterval(update, measureEvery);

  return {
    value: value as ReadonlySignal<ConnectionStats>,
    /** Measures now, without waiting for the next second. */
    update,
    /** Takes note of the quotes of one message. */
    arrived(quotes: readonly WireQuote[]): void {
      note(quotes);
      if (quotes.length === 0) return;
      lastArrival = now();
      silence.heard(lastArrival);
    },
    /** Judges anew: these are the newest quotes of what is followed now, or of sources that are not what they were. */
    begin(quotes: readonly WireQuote[]): void {
      newest = 0;
      played = 0;
      note(quotes);
    },
    /** Whether prices can come from now on: a time in which they cannot is no silence. */
    expect: (prices: boolean): void => silence.expect(prices, now()),
    /** What comes from now on comes at another pace. */
    pace: silence.forget,
    /** The age of the price of an entry, in ms; of a recording, the time since it arrived. */
    age: ({ quote, received }: Entry): number =>
      quote.t === undefined || replayed(quote.src) ? now() - received : ageOf(quote.t),
    close(): void {
      clearInterval(timer);
      for (const stop of stops) stop();
      latency.close();
    },
  };
}

import { type ReadonlySignal, signal } from "@preact/signals-core";
import type { Client, Entry } from "tickertape-client";
import { measureLatency } from "tickertape-client/latency";
import type { Meter } from "./meter.ts";

/** Measurements of the connection, taken once a second. */
export interface ConnectionStats {
  /**
   * Age of the newest tick in ms; null before the first. The ticks of a recording have old times. Where all are of one,
   * it is the time since the last one arrived.
   */
  readonly newest: number | null;
  /** The time that the recording has reached, in ms since the Unix epoch; null where none is played. */
  readonly played: number | null;
  /** Quotes a second. */
  readonly rate: number;
  /** The round trip to the server in ms; null while it is not known. */
  readonly latency: number | null;
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
    now: now(),
  });
  const value = signal<ConnectionStats>({ newest: null, played: null, rate: 0, latency: null, now: now() });
  const update = () => {
    value.value = read();
  };
  const timer = setInterval(update, measureEvery);

  return {
    value: value as ReadonlySignal<ConnectionStats>,
    /** Measures now, without waiting for the next second. */
    update,
    /** Takes note of the quotes of one message. */
    arrived(entries: readonly Entry[]): void {
      let reached = 0; // a recording may begin again, so of these entries alone
      for (const { quote } of entries) {
        if (replayed(quote.src)) reached = Math.max(reached, quote.t ?? 0);
        else newest = Math.max(newest, quote.t ?? 0);
      }
      if (reached > 0) played = reached;
      if (entries.length > 0) lastArrival = now();
    },
    /** Forgets the times of prices: they are to be judged anew, since sources are not what they were. */
    forget(): void {
      newest = 0;
      played = 0;
    },
    /** The age of the price of an entry, in ms; of a recording, the time since it arrived. */
    age: ({ quote, received }: Entry): number =>
      quote.t === undefined || replayed(quote.src) ? now() - received : ageOf(quote.t),
    close(): void {
      clearInterval(timer);
      latency.close();
    },
  };
}

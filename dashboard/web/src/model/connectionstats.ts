import { type ReadonlySignal, signal } from "@preact/signals-core";
import type { Client, Entry } from "tickertape-client";
import { measureLatency } from "tickertape-client/latency";
import type { Meter } from "./meter.ts";

/** Measurements of the connection, taken once a second. */
export interface ConnectionStats {
  /**
   * Age of the newest tick in ms; null before the first. The ticks of a recording have old times, so there it is the
   * time since the last one arrived.
   */
  readonly newest: number | null;
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
  /** Whether the feed is a recording. */
  readonly replayed: () => boolean;
  readonly now: () => number;
}

const measureEvery = 1000; // ms

/** Measures the connection until it is closed. */
export function createConnectionStats({ client, meter, replayed, now }: ConnectionStatsOptions) {
  const latency = measureLatency(client);
  let newest = 0; // µs since the Unix epoch, by the server's clock
  let lastArrival = 0; // ms since the Unix epoch

  /** The age of a price in ms, by the server's clock; of a recording, the time since it arrived. */
  const ageOf = (tick: number | undefined, received: number): number =>
    replayed() || tick === undefined ? now() - received : Math.max(0, client.serverTime() - tick / 1000);

  const read = (): ConnectionStats => ({
    newest: newest > 0 ? ageOf(newest, lastArrival) : null,
    rate: meter.rate(),
    latency: client.state.paused ? null : latency.value,
    now: now(),
  });
  const value = signal<ConnectionStats>({ newest: null, rate: 0, latency: null, now: now() });
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
      for (const { quote } of entries) newest = Math.max(newest, quote.t ?? 0);
      if (entries.length > 0) lastArrival = now();
    },
    /** The age of the price of an entry, in ms. */
    age: (entry: Entry): number => ageOf(entry.quote.t, entry.received),
    close(): void {
      clearInterval(timer);
      latency.close();
    },
  };
}

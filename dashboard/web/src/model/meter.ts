/** Counts events a second over a sliding window of whole-second buckets. */
export function createMeter(now: () => number = Date.now, seconds = 4) {
  const buckets = new Map<number, number>();
  const first = Math.floor(now() / 1000);
  return {
    add(count: number): void {
      const second = Math.floor(now() / 1000);
      buckets.set(second, (buckets.get(second) ?? 0) + count);
      for (const key of buckets.keys()) if (key < second - seconds) buckets.delete(key);
    },
    /** Events a second over the last full seconds. */
    rate(): number {
      const second = Math.floor(now() / 1000);
      const span = Math.max(1, Math.min(seconds, second - first));
      let sum = 0;
      for (let s = second - span; s < second; s++) sum += buckets.get(s) ?? 0;
      return sum / span;
    },
  };
}

/** Counts events a second. */
export type Meter = ReturnType<typeof createMeter>;

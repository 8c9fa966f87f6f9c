/** How long nothing has come, and how long that usually is, both in ms. */
export interface Silence {
  readonly lasts: number;
  readonly usual: number;
}

const memory = 120_000; // ms in which the weight of a gap falls to 37 %, which is 1/e
const fewest = 10; // gaps that make a mean, each counted by its weight

/**
 * Measures the time between two arrivals, as a mean in which gaps of the last minutes count most. Where there are fewer
 * than ten of these, nothing is known of what is usual. Times are in ms, of any origin.
 */
export function createSilenceMeter() {
  let last: number | null = null; // arrival
  let span = 0; // the sum of the gaps, and their count, both weighted
  let count = 0;

  return {
    /** Something has arrived. */
    heard(at: number): void {
      if (last !== null) {
        const gap = Math.max(0, at - last);
        const weight = Math.exp(-gap / memory);
        span = span * weight + gap;
        count = count * weight + 1;
      }
      last = at;
    },
    /** Whether anything can arrive from now on. The time in which nothing can is no gap. */
    expect(something: boolean, at: number): void {
      last = something ? (last ?? at) : null;
    },
    /** Measures anew. */
    forget(): void {
      [span, count] = [0, 0];
    },
    read: (now: number): Silence | null =>
      last === null || count < fewest ? null : { lasts: Math.max(0, now - last), usual: span / count },
  };
}

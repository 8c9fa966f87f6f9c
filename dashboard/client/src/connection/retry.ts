/**
 * The longest delay after so many failures, in ms: it doubles up to half a minute. With full jitter a delay is a random
 * part of it, so that thousands of pages which lost the same server do not come back in the same second.
 */
export const longestDelay = (failures: number): number => Math.min(30_000, 500 * 2 ** failures);

/** A small random generator, from 0 to below 1: with the same seed, a failure can be repeated. */
export const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

/** Time between two actions of a test. To wait for something, poll for it instead. */
export const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

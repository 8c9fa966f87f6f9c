/** A small generator of its own, from 0 to below 1, so that a failure can be had again from its seed. */
export const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

/** Time between two things that a test does; what it waits for, it looks for. */
export const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

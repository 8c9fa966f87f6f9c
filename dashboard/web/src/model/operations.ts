/** A change of a record. */
export interface Operation {
  /** Counts the operations of a window. */
  readonly number: number;
  readonly change: (now: unknown) => unknown;
  /** When it was written, in ms; null before. */
  written: number | null;
}

type Operations = readonly Operation[];

/**
 * Milliseconds after which an operation that was written is no longer done again where the stamp of its window is missing.
 * Until then, another window may have overwritten it, whose storage was late; storage is late by less.
 */
const lastingDoubt = 10_000;
/** Operations of a record that wait to be written. What would be more becomes one: the value as it is shown here. */
const mostUnwritten = 500;

const isUnwritten = ({ written }: Operation) => written === null;

/** Adds an operation at the end. `shown` is the value of the record after it. */
export const withOperation = (all: Operations, one: Operation, shown: unknown): Operations =>
  all.filter(isUnwritten).length >= mostUnwritten ? [{ ...one, change: () => shown }] : [...all, one];

/**
 * Those that are not in a record: those that are not written yet, and those that another window has overwritten. The stamp
 * is the number of the last one in the record; null for a record that another window has removed.
 */
export const missingIn = (all: Operations, stamp: number | null, now: number): Operations =>
  all.filter(
    ({ number, written }) => written === null || (stamp !== null && number > stamp && written > now - lastingDoubt),
  );

/** Those that may have to be done again. */
export const doubtful = (all: Operations, now: number): Operations =>
  all.filter(({ written }) => written === null || written > now - lastingDoubt);

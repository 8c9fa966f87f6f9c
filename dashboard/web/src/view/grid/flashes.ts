import { mark } from "./dom.ts";

const duration = 300; // ms
const gap = 500; // ms at least from the start of one flash of a cell to the start of its next: at most two a second
const sweepAfter = 400; // ms until they are removed if no row is painted meanwhile

/** The flash of one cell. */
export interface Flash {
  /** Flashes if the value has changed. `quietly`: it does not, as when the row has another symbol. */
  follow(value: number | undefined, quietly: boolean): void;
  /** Forgets the value, and ends the flash. */
  reset(): void;
}

interface State {
  readonly cell: HTMLElement;
  shown: boolean;
  started: number;
}

/**
 * Gives cells a background for a moment after their value has changed. An attribute is set and removed; an animation
 * would cost three times as much.
 */
export function createFlashes(options: { readonly allowed: () => boolean; readonly now: () => number }) {
  const { allowed, now } = options;
  const shown = new Set<State>();
  let sweeping: ReturnType<typeof setTimeout> | undefined;

  const sweep = () => {
    clearTimeout(sweeping);
    sweeping = undefined;
    const time = now();
    for (const state of shown) {
      if (time - state.started < duration) continue;
      mark(state.cell, "flash", null);
      state.shown = false;
      shown.delete(state);
    }
    if (shown.size > 0) sweeping = setTimeout(sweep, sweepAfter);
  };

  return {
    /** The flash of a cell. `directed`: a rise and a fall have different colours. */
    of(cell: HTMLElement, directed: boolean): Flash {
      const state: State = { cell, shown: false, started: Number.NEGATIVE_INFINITY };
      let before: number | undefined;
      return {
        follow(value, quietly) {
          const old = before;
          before = value;
          if (quietly || old === undefined || value === undefined || old === value || state.shown || !allowed()) return;
          const time = now();
          if (time - state.started < gap) return;
          state.started = time;
          state.shown = true;
          mark(cell, "flash", directed ? (value > old ? "up" : "down") : "same");
          shown.add(state);
          sweeping ??= setTimeout(sweep, sweepAfter);
        },
        reset() {
          before = undefined;
          state.shown = false;
          shown.delete(state);
          state.started = Number.NEGATIVE_INFINITY;
          mark(cell, "flash", null);
        },
      };
    },
    /** Ends flashes that were shown long enough. Call it in a frame in which rows are painted, which costs least. */
    sweep,

    close: () => clearTimeout(sweeping),
  };
}

/** Flashes cells whose value has changed. */
export type Flashes = ReturnType<typeof createFlashes>;

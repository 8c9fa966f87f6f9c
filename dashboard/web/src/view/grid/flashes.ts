import { mark } from "./dom.ts";

const duration = 300; // ms
// ms at least from the start of one flash of a cell to the start of its next: at most two a second. A change of colour in
// between is no flash as WCAG 2.3.1 counts them, since the tints have about the same luminance.
const gap = 500;
const sweepAfter = 400; // ms until they are removed if no row is painted meanwhile

/** The flash of one cell. */
export interface Flash {
  /**
   * Flashes if the value has changed; while it flashes, it takes the colour of the newest direction. `quietly`: it does
   * not flash, and what still does ends, since the price is not live or the reader has not seen the one before.
   */
  follow(value: number | undefined, direction: Direction, quietly: boolean): void;
  /** Forgets the value, and ends the flash. */
  reset(): void;
}

/** Where a value has moved: 1 up, -1 down, 0 where a rise and a fall look alike. */
export type Direction = -1 | 0 | 1;

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

  const end = (state: State) => {
    if (!state.shown) return;
    mark(state.cell, "flash", null);
    state.shown = false;
    shown.delete(state);
  };
  const sweep = () => {
    clearTimeout(sweeping);
    sweeping = undefined;
    const time = now();
    for (const state of shown) if (time - state.started >= duration) end(state);
    if (shown.size > 0) sweeping = setTimeout(sweep, sweepAfter);
  };

  const flash = (state: State, direction: Direction) => {
    const time = now();
    if (!state.shown && time - state.started < gap) return;
    if (!state.shown) state.started = time;
    state.shown = true;
    mark(state.cell, "flash", direction === 0 ? "same" : direction > 0 ? "up" : "down");
    shown.add(state);
    sweeping ??= setTimeout(sweep, sweepAfter);
  };

  return {
    /** The flash of a cell. */
    of(cell: HTMLElement): Flash {
      const state: State = { cell, shown: false, started: Number.NEGATIVE_INFINITY };
      let before: number | undefined;
      return {
        follow(value, direction, quietly) {
          const old = before;
          before = value;
          if (quietly) end(state);
          else if (old !== undefined && value !== undefined && old !== value && allowed()) flash(state, direction);
        },
        reset() {
          before = undefined;
          state.started = Number.NEGATIVE_INFINITY;
          end(state);
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

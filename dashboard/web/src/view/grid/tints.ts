import { mark } from "./dom.ts";

const length = 300; // ms that a changed cell stays tinted
const pace = 500; // ms between two tints of one cell: at most two a second
const sweepAfter = 400; // ms until they are removed if no row is painted meanwhile

/** The tint of one cell. */
export interface Tint {
  /** Tints the cell if the value has changed. `quietly`: it is not tinted, as when the row has another symbol. */
  follow(value: number | undefined, quietly: boolean): void;
  /** Forgets the value, and removes the tint. */
  calm(): void;
}

interface State {
  readonly cell: HTMLElement;
  shown: boolean;
  started: number;
}

/** Tints cells for a moment after a change. Tints are set and removed; an animation would cost three times as much. */
export function createTints(options: { readonly allowed: () => boolean; readonly now: () => number }) {
  const { allowed, now } = options;
  const shown = new Set<State>();
  let sweeping: ReturnType<typeof setTimeout> | undefined;

  const sweep = () => {
    clearTimeout(sweeping);
    sweeping = undefined;
    const time = now();
    for (const state of shown) {
      if (time - state.started < length) continue;
      mark(state.cell, "flash", null);
      state.shown = false;
      shown.delete(state);
    }
    if (shown.size > 0) sweeping = setTimeout(sweep, sweepAfter);
  };

  return {
    /** The tint of a cell. `directed`: a rise and a fall have different colours. */
    of(cell: HTMLElement, directed: boolean): Tint {
      const state: State = { cell, shown: false, started: Number.NEGATIVE_INFINITY };
      let before: number | undefined;
      return {
        follow(value, quietly) {
          const old = before;
          before = value;
          if (quietly || old === undefined || value === undefined || old === value || state.shown || !allowed()) return;
          const time = now();
          if (time - state.started < pace) return;
          state.started = time;
          state.shown = true;
          mark(cell, "flash", directed ? (value > old ? "up" : "down") : "same");
          shown.add(state);
          sweeping ??= setTimeout(sweep, sweepAfter);
        },
        calm() {
          before = undefined;
          state.shown = false;
          shown.delete(state);
          state.started = Number.NEGATIVE_INFINITY;
          mark(cell, "flash", null);
        },
      };
    },
    /** Removes tints that were shown long enough. Call it in a frame in which rows are painted, which costs least. */
    sweep,

    close: () => clearTimeout(sweeping),
  };
}

/** Tints cells that have changed. */
export type Tints = ReturnType<typeof createTints>;

import { mark } from "./dom.ts";

const length = 300; // ms that a changed cell stays tinted
const pace = 500; // ms between two tints of one cell: at most two a second
const sweepAfter = 400; // ms: when no row is painted meanwhile

/** A cell whose changes are seen for a moment. */
export interface Tint {
  /** Takes in the value. Quietly: nothing has changed for the reader, as when the row is another symbol's now. */
  follow(value: number | undefined, quietly: boolean): void;
  calm(): void;
}

interface State {
  readonly cell: HTMLElement;
  shown: boolean;
  started: number;
}

/** A static tint, held and taken away: an animation would cost three times as much. */
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
    /** Directed: a rise is told from a fall. */
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
    /** Takes away the tints that have been seen: best where rows are painted anyway, since each frame costs. */
    sweep,

    close: () => clearTimeout(sweeping),
  };
}

export type Tints = ReturnType<typeof createTints>;

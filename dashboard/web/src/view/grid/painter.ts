import type { ColumnId } from "../../columns/registry.ts";
import { ageStep, type Row } from "../../columns/row.ts";
import type { Format } from "../../format.ts";
import type { Sparks } from "../../model/spark.ts";
import { mark } from "./dom.ts";
import type { Flashes } from "./flashes.ts";
import { shownState, shownView } from "./rowview.ts";
import type { Slot } from "./slot.ts";
import type { Widths } from "./widths.ts";

const parts = 4; // of the rows; each call of refresh does one
const fresh = 800; // ms: a row painted within them needs no refresh

/** What is painted, and with which clock. */
export interface PainterOptions {
  readonly row: (symbol: string) => Row;
  /** How old a row's price is, in ms. */
  readonly age: (row: Row) => number;
  readonly format: Format;
  /** Whether the page is live. */
  readonly live: () => boolean;
  readonly sparks: Pick<Sparks, "get" | "extend">;
  readonly columns: () => readonly ColumnId[];
  readonly widths: Widths;
  readonly flashes: Flashes;
  /** In ms, of any origin. */
  readonly now: () => number;
}

const direction = (value: number): string | null => (value === 0 ? null : value > 0 ? "up" : "down");

/** Writes what is shown of symbols into their rows. */
export function createPainter({ row, age, live, sparks, columns, widths, flashes, now, ...options }: PainterOptions) {
  let { format } = options;
  let part = 0;

  const drawSpark = ({ spark, view, symbol }: Slot) => {
    if (!spark || !view) return;
    const { p, pc, o, t } = view.quote;
    const day = sparks.get(symbol);
    if (day && p !== undefined && t !== undefined && view.state === "live")
      sparks.extend(symbol, p, t / 1000, `${pc} ${o}`);
    spark.draw(day, pc);
    spark.name(day, view);
  };

  /** Paints all cells of a row. `given`: the row was just given to another symbol. */
  const paint = (slot: Slot, given: boolean, shown = row(slot.symbol)) => {
    const quiet = given || slot.outdated; // the reader has not seen the price before
    slot.outdated = false;
    const view = shownView(shown, { format, age: age(shown), now: Date.now(), quiet, live: live() });
    slot.view = view;
    for (const cell of slot.cells) {
      if (given) cell.reset?.();
      cell.paint(view);
    }
    widths.fit(columns(), slot.cells);
    const { state, change } = view;
    mark(slot.element, "state", state);
    mark(slot.element, "age", state === "live" ? String(ageStep(view.age)) : null);
    mark(slot.element, "tick", direction(shown.tick)); // of the last change of the price
    mark(slot.element, "trend", direction(change ?? 0)); // since the previous close
    if (given) drawSpark(slot);
  };

  return {
    paint,

    /**
     * Paints the rows of these symbols. Rows out of sight wait until they come into sight, unless their state has
     * changed: the browser may scroll before this page hears of it.
     */
    draw(symbols: ReadonlySet<string>, slots: ReadonlyMap<string, Slot>): void {
      flashes.sweep();
      const time = now();
      for (const symbol of symbols) {
        const slot = slots.get(symbol);
        if (!slot) continue;
        const shown = row(symbol);
        if (!slot.seen && slot.view?.state === shownState(shown, live())) {
          slot.outdated = true;
          continue;
        }
        slot.painted = time;
        paint(slot, false, shown);
      }
    },

    /**
     * Paints what changes with time alone: ages and sparklines. It is called four times a second and does a quarter of
     * the rows each time, so that no frame has to do all of them.
     */
    refresh(slots: Iterable<Slot>): void {
      part = (part + 1) % parts;
      const time = now();
      for (const slot of slots) {
        if (slot.index % parts !== part) continue;
        if (slot.outdated || time - slot.painted > fresh) paint(slot, false);
        drawSpark(slot);
      }
    },

    setFormat(next: Format): void {
      format = next;
    },
  };
}

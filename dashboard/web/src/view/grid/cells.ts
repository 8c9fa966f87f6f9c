import type { Figure } from "../../columns/column.ts";
import { extendedText, nameText } from "../../columns/name.ts";
import { rangePosition } from "../../columns/range.ts";
import { type ColumnId, columnOf, type DrawnId } from "../../columns/registry.ts";
import { type RowView, stateName } from "../../columns/row.ts";
import { sinceText } from "../../columns/status.ts";
import { statusLabel } from "../../columns/symbol.ts";
import { timeText } from "../../columns/time.ts";
import { dash } from "../../format.ts";
import { attribute, div, drawing, mark, put, title, write } from "./dom.ts";
import type { Flashes } from "./flashes.ts";

/** The cell of a column in one row. */
export interface Cell {
  readonly element: HTMLElement;
  paint(view: RowView): void;
  /** Forgets the value and ends the flash, since the row has another symbol. */
  reset?(): void;
  /** How many characters it must show, if its column grows with them. */
  characters?(): number;
}

type Painted = Omit<Cell, "element">;

/** A number in a cell, which flashes when it changes. */
function paintFigure(
  cell: HTMLElement,
  { value, text: textOf, note, directed = false }: Figure,
  flashes: Flashes,
): Painted {
  const text = put(cell, "value");
  const flash = flashes.of(cell);
  return {
    paint(view) {
      const number = value(view);
      write(text, number === undefined ? dash : textOf(number, view));
      if (note) title(cell, note(view));
      flash.follow(number, directed ? view.row.tick : 0, view.quiet);
    },
    reset: flash.reset,
    characters: () => text.data.length,
  };
}

// Digits as wide as the longest word of a status in its small font. It is always kept free, so that an outage widens no column.
const statusRoom = 9;

/** Cells that are more than a number. */
const painters: Readonly<Record<DrawnId, (cell: HTMLElement) => Painted>> = {
  symbol(cell) {
    const ticker = put(cell, "ticker");
    const status = put(cell, "status");
    return {
      paint(view) {
        write(ticker, view.row.symbol);
        write(status, statusLabel(view));
      },
      characters: () => ticker.data.length + statusRoom,
    };
  },

  name(cell) {
    const name = put(cell, "company");
    const extended = put(cell, "extended", "Last price outside the regular session, and its change from the close");
    const source = put(cell, "source", "The source of these prices");
    return {
      paint(view) {
        write(name, nameText(view));
        write(extended, extendedText(view));
        write(source, view.quote.src ?? "");
      },
    };
  },

  range(cell) {
    const low = put(cell, "low");
    const track = div("track", "img");
    track.append(div("at"));
    cell.append(track);
    const high = put(cell, "high");
    return {
      paint({ quote, row: { decimals }, format }) {
        const { l, h, p } = quote;
        write(low, l === undefined ? "" : format.price(l, decimals));
        write(high, h === undefined ? "" : format.price(h, decimals));
        if (p !== undefined) attribute(track, "aria-label", `last ${format.price(p, decimals)}`);
        const position = rangePosition(quote);
        track.hidden = position === null;
        const place = position === null ? "" : position.toFixed(2);
        if (track.dataset["at"] === place) return;
        track.dataset["at"] = place;
        track.style.setProperty("--at", place);
      },
      characters: () => Math.max(low.data.length, high.data.length),
    };
  },

  // The painter draws it, less often than other cells.
  spark: () => ({ paint() {} }),

  time(cell) {
    const text = put(cell);
    return {
      paint(view) {
        const { t } = view.quote;
        write(text, timeText(view));
        // Date and zone are worked out when the pointer comes over the cell.
        mark(cell, "at", t === undefined ? null : String(t / 1000));
      },
    };
  },

  status(cell) {
    const text = put(cell, "word");
    const since = put(cell, "since");
    return {
      paint(view) {
        write(text, stateName(view.state, view.row, view.quote));
        write(since, sinceText(view));
      },
    };
  },
};

/** Makes the cell of a column in an element. */
export function createCell(id: ColumnId, element: HTMLElement, flashes: Flashes): Cell {
  const { figure } = columnOf(id);
  return { element, ...(figure ? paintFigure(element, figure, flashes) : painters[id as DrawnId](element)) };
}

/** Makes the button that removes the symbol of the row from the list. */
export function createRemove(cell: HTMLElement): HTMLButtonElement {
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "remove-button";
  remove.tabIndex = -1; // the grid is one tab stop; with the keyboard, Delete removes a row
  remove.append(drawing("M4.5 4.5l7 7m0-7l-7 7"));
  cell.append(remove);
  return remove;
}

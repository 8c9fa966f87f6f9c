import { visibleColumns } from "../../columns/layout.ts";
import { type ColumnId, columnOf } from "../../columns/registry.ts";
import { type RowView, stateName } from "../../columns/row.ts";
import { headingsOf, textsOf } from "../../columns/text.ts";
import { dash } from "../../format.ts";
import { origin } from "../../model/feed.ts";
import { shownView } from "../grid/rowview.ts";
import { createSparkline } from "../grid/sparkline.ts";
import type { Services } from "../services.ts";

const most = 500; // rows

const make = (tag: "td" | "th" | "h1" | "p", text: string, className = ""): HTMLElement => {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className !== "") element.className = className;
  return element;
};

/** Numbers end at the right edge. */
const sideOf = (id: ColumnId): string => (columnOf(id).end || id === "range" ? "end" : "");

/** The prices of the day as they were drawn on the page. */
function drawingOf({ row, quote }: RowView, sparks: Services["sparks"]): HTMLElement {
  const cell = make("td", "", "spark");
  createSparkline(cell).draw(sparks.get(row.symbol), quote.pc);
  return cell;
}

/** The cells of a row. Beside the symbol stands why its price is not live. */
function cellsOf(columns: readonly ColumnId[], view: RowView, sparks: Services["sparks"]): readonly HTMLElement[] {
  return columns.flatMap((id) => {
    if (id === "spark") return [drawingOf(view, sparks)];
    if (id === "symbol") {
      const { row, state, quote } = view;
      return [make("th", state === "live" ? row.symbol : `${row.symbol} (${stateName(state, row, quote)})`)];
    }
    const side = sideOf(id);
    return textsOf(id, view).map((text) => make("td", text === "" && side !== "" ? dash : text, side));
  });
}

/** What is said above the table: when it was printed, what its times are, how it is sorted, and whether prices were live. */
function remarksOf({ workspace, market, format }: Services, now: number): string {
  const { notice, live } = market.liveness.peek();
  const sort = workspace.sort.peek();
  const made = origin(market.feed.peek());
  return [
    `Printed ${format.peek().moment(now, "")}.`,
    `Times in ${format.peek().oneZone ? format.peek().zone("", now) : "each exchange’s zone"}.`,
    sort ? `Sorted by ${columnOf(sort.column).label}, ${sort.direction}.` : "In the list’s own order.",
    made?.note ?? "",
    live ? "" : (notice ?? "Not live."),
  ]
    .filter((text) => text !== "")
    .join(" ");
}

/** The list as a table for paper: the rows and columns that the page shows, in their order. */
export function printTable(services: Services): HTMLElement {
  const { workspace, market, shown, sparks, shell } = services;
  const format = services.format.peek();
  const now = Date.now();
  const { live } = market.liveness.peek();
  const columns = visibleColumns(workspace.layout.peek());
  const symbols = shell.order.peek();
  const filter = workspace.filter.peek().trim();
  const title = workspace.title.peek() || "tickertape";
  const name = title.charAt(0).toLocaleUpperCase() + title.slice(1); // as the page shows it

  const sheet = document.createElement("section");
  sheet.className = "print";
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const id of columns) {
    const headings = id === "spark" ? [columnOf(id).label] : headingsOf(id);
    head.append(...headings.map((heading) => make("th", heading, sideOf(id))));
  }
  const body = table.createTBody();
  for (const symbol of symbols.slice(0, most)) {
    const row = shown.row(symbol);
    const view = shownView(row, { format, age: market.age(row), now, quiet: true, live });
    body.insertRow().append(...cellsOf(columns, view, sparks));
  }
  sheet.append(
    make("h1", filter === "" ? name : `${name}, filtered by “${filter}”`),
    make("p", remarksOf(services, now)),
    table,
  );
  if (symbols.length > most) sheet.append(make("p", `These are the first ${most} of ${symbols.length} symbols.`));
  return sheet;
}

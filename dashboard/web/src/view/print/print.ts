/*
 * view/print/ is the list on paper.
 */
import { stateName, stateNames, viewOf } from "../../columns/row.ts";
import { dash } from "../../format.ts";
import { origin } from "../../model/feed.ts";

import type { Services } from "../services.ts";

const most = 500; // rows

const headings = ["Symbol", "Name", "Last", "Change", "Change %", "Bid", "Ask", "Volume", "Time", "Status"];

const cell = (tag: "td" | "th", text: string): HTMLElement => {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
};

/** The list as a table for paper: its rows, when it was printed, and whether prices were live. */
export function printTable({ workspace, market, shown, format: signal }: Services): HTMLElement {
  const format = signal.peek();
  const now = Date.now();
  const symbols = workspace.sorted();
  const { notice, live } = market.liveness.peek();
  const made = origin(market.feed.peek());
  const sheet = document.createElement("section");
  sheet.className = "print";
  const title = document.createElement("h1");
  title.textContent = workspace.title.peek() || "tickertape";
  const remarks = document.createElement("p");
  remarks.textContent = [`Printed ${format.moment(now, "")}.`, made?.note ?? "", live ? "" : (notice ?? "Not live.")]
    .filter((text) => text !== "")
    .join(" ");
  const table = document.createElement("table");
  const head = document.createElement("tr");
  head.append(...headings.map((text) => cell("th", text)));
  table.createTHead().append(head);
  const body = table.createTBody();
  for (const symbol of symbols.slice(0, most)) {
    const row = shown.row(symbol);
    const { state, quote, change, percent } = viewOf(row, { format, age: market.age(row), now, quiet: true });
    const { p, b, a, v, t } = quote;
    const price = (value: number | undefined) => (value === undefined ? dash : format.price(value, row.decimals));
    const cells = body.insertRow();
    cells.append(
      cell("th", symbol),
      cell("td", row.name),
      cell("td", price(p)),
      cell("td", change === undefined ? dash : format.change(change, row.decimals)),
      cell("td", percent === null ? dash : format.percent(percent)),
      cell("td", price(b)),
      cell("td", price(a)),
      cell("td", v === undefined ? dash : format.volume(v)),
      cell("td", t === undefined ? dash : `${format.time(t / 1000, row.zone, now)} ${format.zone(row.zone, now)}`),
      cell("td", live || state !== "live" ? stateName(state, row, quote) : stateNames.old),
    );
  }
  sheet.append(title, remarks, table);
  if (symbols.length > most) {
    const rest = document.createElement("p");
    rest.textContent = `These are the first ${most} of ${symbols.length} symbols.`;
    sheet.append(rest);
  }
  return sheet;
}

/** Shows the table in place of the page while it is printed. Returns the function that stops it. */
export function followPrinting(services: Services): () => void {
  let sheet: HTMLElement | null = null;
  const show = () => {
    sheet?.remove();
    sheet = printTable(services);
    document.body.append(sheet);
  };
  const hide = () => {
    sheet?.remove();
    sheet = null;
  };
  // Some ways of printing send no events before and after it, but the medium always changes.
  const medium = matchMedia("print");
  const change = () => (medium.matches ? show() : hide());
  addEventListener("beforeprint", show);
  addEventListener("afterprint", hide);
  medium.addEventListener("change", change);
  return () => {
    hide();
    removeEventListener("beforeprint", show);
    removeEventListener("afterprint", hide);
    medium.removeEventListener("change", change);
  };
}

// @vitest-environment happy-dom

import type { Entry, WireQuote } from "tickertape-client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { defaultLayout, type Layout, toggleColumn } from "../../columns/layout.ts";
import { createFormat } from "../../format.ts";
import { createGrid, type Grid, type GridOptions } from "./grid.ts";

let grid: Grid;
let root: HTMLElement;
let frames: (() => void)[];
let entries: Map<string, Entry>;
const sort = vi.fn();
const remove = vi.fn();
const open = vi.fn();
const pass = vi.fn();
const move = vi.fn();
const setLayout = vi.fn<(layout: Layout) => void>();
let flashes = true;
let live = true;

const frame = () => {
  for (const paint of frames.splice(0)) paint();
};
const quote = (symbol: string, change: Partial<WireQuote> = {}, more: Partial<Entry> = {}) => {
  const before = entries.get(symbol);
  const { p = 10 } = change;
  entries.set(symbol, {
    quote: { s: symbol, p: 10, pc: 8, b: 9.9, a: 10.1, v: 1000, h: 12, l: 8, t: 1_700_000_000_000_000, ...change },
    seq: 1,
    confirmed: true,
    tick: before ? (Math.sign(p - (before.quote.p ?? p)) as Entry["tick"]) : 0,
    sent: 0,
    received: 0,
    ...more,
  });
  vi.advanceTimersByTime(200);
  grid.draw(new Set([symbol]));
};
const refresh = () => {
  for (let i = 0; i < 4; i++) grid.refresh();
};
const rowOf = (symbol: string) => root.querySelector<HTMLElement>(`.body .row[data-symbol="${symbol}"]:not([hidden])`);
const cell = (symbol: string, column: string) => rowOf(symbol)?.querySelector<HTMLElement>(`.cell.${column}`);
const press = (key: string, init: KeyboardEventInit = {}) =>
  root.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init }));
const active = () => root.getAttribute("aria-activedescendant");

const gridOptions = (): GridOptions => ({
  root,
  id: "one",
  label: "Quotes",
  row: (symbol) => ({
    symbol,
    name: `${symbol} Inc.`,
    zone: "",
    entry: entries.get(symbol),
    decimals: 2,
    tick: entries.get(symbol)?.tick ?? 0,
    unknown: symbol === "NOPE",
  }),
  age: ({ entry }) => Date.now() - (entry?.quote.t ?? 0) / 1000,
  format: createFormat({ locale: "en-US", times: "utc" }),
  live: () => live,
  layout: defaultLayout,
  sparks: { get: () => null, extend: () => false },
  sort,
  setLayout,
  remove,
  open,
  pass,
  move,
  flashes: () => flashes,
  schedule: (paint) => frames.push(paint),
  now: () => Date.now(),
});

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  frames = [];
  entries = new Map();
  flashes = true;
  live = true;
  root = document.createElement("div");
  document.body.append(root);
  Object.defineProperty(root, "clientHeight", { value: 320 });
  grid = createGrid(gridOptions());
});
afterEach(() => {
  grid.close();
  root.remove();
  vi.clearAllMocks();
});

describe("rows", () => {
  test("keep the widths of their columns when a price is no longer live", () => {
    grid.setRows(["AAPL"]);
    quote("AAPL");
    const before = root.style.getPropertyValue("--columns");
    expect(before).not.toBe("");
    for (const st of ["stale", "halted", "closed", "down"] as const) {
      quote("AAPL", { st });
      expect(cell("AAPL", "symbol")?.querySelector(".status")?.textContent).toMatch(/\w/);
      expect(root.style.getPropertyValue("--columns"), st).toBe(before);
    }
  });

  test("show everything there is to know, with the direction in characters", () => {
    grid.setRows(["A"]);
    quote("A");
    const shown = [...(rowOf("A")?.querySelectorAll(".cell") ?? [])].map((element) => element.textContent);
    expect(shown).toEqual([
      "A",
      "A Inc.",
      "10.00",
      "+2.00",
      "+25.00%",
      "", // the day is a picture
      "9.90",
      "10.10",
      "1,000",
      "8.0012.00",
      "22:13:20",
      "",
    ]);
  });

  test("are a window over any number of symbols, and say where they stand", () => {
    const symbols = Array.from({ length: 5000 }, (_, i) => `S${i}`);
    grid.setRows(symbols);
    const rows = root.querySelectorAll(".body .row").length;
    expect(rows).toBeLessThan(25);
    expect(root.getAttribute("aria-rowcount")).toBe("5001");
    root.scrollTop = 28 * 2000;
    root.dispatchEvent(new Event("scroll"));
    frame();
    expect(root.querySelectorAll(".body .row").length).toBeLessThan(25);
    expect(rowOf("S2000")?.getAttribute("aria-rowindex")).toBe("2002");
    expect(rowOf("S0")).toBeNull();
  });

  test("write nothing that has not changed", () => {
    grid.setRows(["A"]);
    quote("A");
    const text = cell("A", "bid")?.firstChild?.firstChild as Text;
    const data = vi.spyOn(text, "data", "set");
    quote("A", { p: 11 });
    expect(data).not.toHaveBeenCalled();
    expect(cell("A", "last")?.textContent).toBe("11.00");
  });

  test("keep the row of a symbol when the order changes", () => {
    grid.setRows(["A", "B", "C"]);
    const before = rowOf("C");
    grid.setRows(["C", "A", "B"]);
    expect(rowOf("C")).toBe(before);
    expect(before?.getAttribute("aria-rowindex")).toBe("2");
  });
});

describe("the open row", () => {
  const marked = () =>
    [...root.querySelectorAll<HTMLElement>('.body .row[aria-selected="true"]')].map(({ dataset }) => dataset["symbol"]);

  test("is the selected one, wherever it moves, and the keys go on from there", () => {
    expect(root.getAttribute("aria-multiselectable")).toBe("false");
    grid.setOpen("B"); // before there are rows, as from the address
    grid.setRows(["A", "B", "C"]);
    expect(marked()).toEqual(["B"]);
    press("ArrowDown");
    expect(pass).toHaveBeenCalledExactlyOnceWith("C");
    grid.setOpen("C");
    expect(marked()).toEqual(["C"]);
    grid.setRows(["C", "A", "B"]);
    expect(marked()).toEqual(["C"]);
    grid.setRows(["A", "B"]);
    expect(marked()).toEqual([]);
    expect(root.querySelectorAll('.body .row[aria-selected="false"]').length).toBe(2);
    grid.setOpen(null);
    pass.mockClear();
    press("ArrowUp");
    expect(pass).not.toHaveBeenCalled();
  });
});

test("two tables in one document have different ids", () => {
  const other = document.createElement("div");
  document.body.append(other);
  Object.defineProperty(other, "clientHeight", { value: 320 });
  const second = createGrid({ ...gridOptions(), root: other, id: "two" });
  grid.setRows(["A", "B"]);
  second.setRows(["A", "B"]);
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(50);
  expect(new Set(ids).size).toBe(ids.length);
  second.close();
  other.remove();
});

describe("honesty", () => {
  test.each([
    ["live", {}, {}, ""],
    ["halted", { st: "halted" }, {}, "Halted"],
    ["stale", { st: "stale" }, {}, "Stale"],
    ["old", {}, { confirmed: false }, ""],
  ])("a row that is %s says so", (state, change, more, label) => {
    grid.setRows(["A"]);
    quote("A", change, more);
    expect(rowOf("A")?.dataset["state"]).toBe(state);
    expect(rowOf("A")?.querySelector(".status")?.textContent).toBe(label);
  });

  test("a price outside the session stands apart from the close", () => {
    grid.setRows(["A"]);
    quote("A", { x: 10.5, xt: 1_700_000_000_000_000 });
    expect(rowOf("A")?.querySelector(".extended")?.textContent).toBe("Ext 10.50 +5.00%");
    expect(cell("A", "last")?.textContent).toBe("10.00");
    expect(cell("A", "percent")?.textContent).toBe("+25.00%");
    quote("A");
    expect(rowOf("A")?.querySelector(".extended")?.textContent).toBe("");
  });

  test("a price says which source it is from, where there are several", () => {
    grid.setRows(["A"]);
    quote("A", { src: "kraken" });
    expect(rowOf("A")?.querySelector(".source")?.textContent).toBe("kraken");
  });

  test("a previous close that is adjusted says so beside the change", () => {
    grid.setRows(["A"]);
    for (const [adj, text] of [
      ["split 10:1", "The previous close is adjusted for a 10:1 split, 10 new for 1 old."],
      [
        "dividend 1.25, split 3:2",
        "The previous close is adjusted for a special dividend of 1.25 a share, and a 3:2 split, 3 new for 2 old.",
      ],
      ["merger", "The previous close is adjusted for merger."],
      [undefined, ""],
    ] as const) {
      quote("A", adj === undefined ? {} : { adj });
      expect(cell("A", "percent")?.title).toBe(text);
      expect(cell("A", "change")?.title).toBe(text);
    }
  });

  test("a price in doubt is called that", () => {
    grid.setRows(["A"]);
    quote("A", { st: "stale", why: "in doubt" });
    expect(rowOf("A")?.querySelector(".status")?.textContent).toBe("In doubt");
    quote("A", { st: "halted", why: "in doubt" });
    expect(rowOf("A")?.querySelector(".status")?.textContent).toBe("Halted");
    quote("A", { st: "stale" });
    expect(rowOf("A")?.querySelector(".status")?.textContent).toBe("Stale");
  });

  test("a symbol without a quote has no price", () => {
    grid.setRows(["A", "NOPE"]);
    expect(rowOf("A")?.dataset["state"]).toBe("empty");
    expect(cell("A", "last")?.textContent).toBe("–");
    expect(cell("NOPE", "name")?.textContent).toBe("Unknown symbol");
  });
});

describe("flashes", () => {
  test("mark what has moved for a moment, at most twice a second", () => {
    grid.setRows(["A"]);
    quote("A");
    expect(cell("A", "last")?.dataset["flash"]).toBeUndefined(); // the first price is no change
    vi.advanceTimersByTime(1000);
    quote("A", { p: 11 });
    expect(cell("A", "last")?.dataset["flash"]).toBe("up");
    expect(cell("A", "bid")?.dataset["flash"]).toBeUndefined();
    quote("A", { p: 12 }); // 200 ms later
    expect(cell("A", "last")?.dataset["flash"]).toBe("up");
    quote("A", { p: 13 });
    expect(cell("A", "last")?.dataset["flash"]).toBeUndefined(); // over, and too soon for another
    quote("A", { p: 10 });
    expect(cell("A", "last")?.dataset["flash"]).toBe("down");
  });

  test("do not mark another symbol's price in a recycled row, nor an old one", () => {
    grid.setRows(["A"]);
    quote("A");
    entries.set("B", { quote: { s: "B", p: 99 }, seq: 1, confirmed: true, tick: 0, sent: 0, received: 0 });
    grid.setRows(["B"]);
    expect(cell("B", "last")?.dataset["flash"]).toBeUndefined();
    quote("B", { p: 100 }, { confirmed: false });
    expect(cell("B", "last")?.dataset["flash"]).toBeUndefined();
  });

  test("are left out for those who asked for less motion", () => {
    flashes = false;
    grid.setRows(["A"]);
    quote("A");
    quote("A", { p: 11 });
    expect(root.querySelector("[data-flash]")).toBeNull();
  });
});

describe("the keyboard", () => {
  test("walks the cells from one tab stop and sorts on a header", () => {
    expect(root.tabIndex).toBe(0);
    grid.setRows(["A", "B"]);
    expect(active()).toBe("one-head-symbol");
    press("ArrowRight");
    press("ArrowRight");
    press("Enter");
    expect(sort).toHaveBeenCalledWith("last");
    press("ArrowDown");
    expect(active()).toBe(cell("A", "last")?.id);
    press("End");
    expect(active()).toBe(cell("A", "remove")?.id);
    press("End", { ctrlKey: true });
    expect(active()).toBe(cell("B", "remove")?.id);
    press("Home");
    expect(active()).toBe(cell("B", "symbol")?.id);
  });

  test("leaves out cells that are not shown, as on cards", () => {
    const style = document.createElement("style");
    style.textContent = ".cell:is(.name, .bid, .ask, .remove) { display: none }";
    document.head.append(style);
    grid.setRows(["A", "B"]);
    press("ArrowDown");
    press("ArrowRight");
    expect(active()).toBe(cell("A", "last")?.id);
    press("ArrowLeft");
    expect(active()).toBe(cell("A", "symbol")?.id);
    press("End");
    expect(active()).not.toBe(cell("A", "remove")?.id);
    press("Enter");
    expect([open.mock.lastCall, remove.mock.calls]).toEqual([["A"], []]);
    style.remove();
  });

  test("opens a row with Enter, and moves it with Alt and the arrows", () => {
    grid.setRows(["A", "B"]);
    press("ArrowDown");
    press("Enter");
    expect(open).toHaveBeenCalledExactlyOnceWith("A");
    press("ArrowDown", { altKey: true });
    expect(move).toHaveBeenCalledExactlyOnceWith("A", "B");
  });

  test("takes a row away with Delete and stays where it was", () => {
    remove.mockImplementation((symbol: string) => grid.setRows(["A", "B", "C"].filter((other) => other !== symbol)));
    grid.setRows(["A", "B", "C"]);
    press("ArrowDown");
    press("ArrowDown");
    press("Delete");
    expect(remove).toHaveBeenCalledExactlyOnceWith("B");
    expect(active()).toBe(cell("C", "symbol")?.id);
  });

  test("stays with its symbol when the rows are sorted anew", () => {
    grid.setRows(["A", "B", "C"]);
    press("ArrowDown");
    grid.setRows(["C", "B", "A"]);
    expect(active()).toBe(cell("A", "symbol")?.id);
    press("ArrowUp");
    expect(active()).toBe(cell("B", "symbol")?.id);
  });
});

describe("columns", () => {
  const shown = () => [...root.querySelectorAll(".head .cell .label")].map((label) => label.textContent);
  const template = () => root.style.getPropertyValue("--columns");

  test("can be shown, and then have what belongs there", () => {
    grid.setRows(["A"]);
    quote("A", { vw: 9.5 });
    grid.setLayout(toggleColumn(toggleColumn(defaultLayout, "vwap"), "spread"));
    expect(shown()).toContain("VWAP");
    expect([cell("A", "vwap")?.textContent, cell("A", "spread")?.textContent]).toEqual(["9.50", "0.20"]);
    expect(root.getAttribute("aria-colcount")).toBe("14");
    expect(setLayout).not.toHaveBeenCalled(); // it was not the reader's doing
  });

  test("are moved and sized with the keyboard, and that is told", () => {
    grid.setRows(["A"]);
    press("ArrowRight");
    press("ArrowRight", { altKey: true, shiftKey: true });
    expect(shown().slice(0, 3)).toEqual(["Symbol", "Last", "Name"]);
    expect(active()).toBe("one-head-name");
    expect(setLayout.mock.lastCall?.[0].order.slice(0, 3)).toEqual(["symbol", "last", "name"]);
    press("ArrowRight", { altKey: true });
    expect(setLayout.mock.lastCall?.[0].widths).toEqual({ name: 4 }); // nothing has a width here
    expect(template().split(" ")[2]).toBe("4rem");
  });

  test("are wide enough for what they must show", () => {
    grid.setRows(["A"]);
    const before = template();
    quote("A", { p: 123_456.78 });
    expect(template()).not.toBe(before);
  });

  test("are dragged by their headers and sized by the edges", async () => {
    grid.setRows(["A"]);
    await vi.dynamicImportSettled(); // of what gestures do
    const rect = vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockImplementation(function (
      this: HTMLElement,
    ) {
      const left = 100 * (Number(this.getAttribute("aria-colindex")) - 1);
      return { left, right: left + 100, width: 100 } as DOMRect;
    });
    const point = (target: Element | null | undefined, type: string, clientX: number) =>
      target?.dispatchEvent(new PointerEvent(type, { bubbles: true, clientX, button: 0, pointerType: "mouse" }));
    const last = root.querySelector(".head .last");
    point(last, "pointerdown", 250);
    point(last, "pointermove", 110);
    point(last, "pointerup", 110);
    (last as HTMLElement).click(); // what ends a drag
    expect(shown().slice(0, 3)).toEqual(["Symbol", "Last", "Name"]);
    expect(sort).not.toHaveBeenCalled();
    const grip = root.querySelector(".head .bid .grip");
    point(grip, "pointerdown", 100);
    point(grip, "pointermove", 160);
    point(grip, "pointerup", 160);
    expect(setLayout.mock.lastCall?.[0].widths).toEqual({ bid: 10 });
    grip?.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    expect(setLayout.mock.lastCall?.[0].widths).toEqual({});
    rect.mockRestore();
  });
});

describe("age", () => {
  test("dims a price that nobody has traded, and is told in the status", () => {
    grid.setLayout(toggleColumn(defaultLayout, "status"));
    grid.setRows(["A"]);
    quote("A");
    expect(rowOf("A")?.dataset["age"]).toBe("0");
    expect(cell("A", "status")?.textContent).toBe("Live");
    vi.advanceTimersByTime(120_000);
    refresh();
    expect(rowOf("A")?.dataset["age"]).toBe("1");
    expect(cell("A", "status")?.textContent).toBe("Live2 min");
    vi.advanceTimersByTime(3_600_000);
    refresh();
    expect(rowOf("A")?.dataset["age"]).toBe("2");
  });
});

describe("the pointer", () => {
  test("sorts on a header and removes with the row's button", () => {
    grid.setRows(["A"]);
    root.querySelector<HTMLElement>(".head .volume")?.click();
    expect(sort).toHaveBeenCalledWith("volume");
    rowOf("A")?.querySelector<HTMLElement>("button")?.click();
    expect(remove).toHaveBeenCalledWith("A");
    expect(open).not.toHaveBeenCalled();
    grid.setRows(["A"]);
    cell("A", "bid")?.click();
    expect(open).toHaveBeenCalledWith("A");
  });

  test("over the rows holds them still", () => {
    const body = root.querySelector(".body");
    const move = (type: string) => body?.dispatchEvent(new PointerEvent(type, { pointerType: "mouse" }));
    expect(grid.held()).toBe(false);
    move("pointerenter");
    expect(grid.held()).toBe(true);
    move("pointerdown"); // a click does not end it
    move("pointerup");
    expect(grid.held()).toBe(true);
    move("pointerleave");
    expect(grid.held()).toBe(false);
  });

  test("is a finger as long as it touches them", () => {
    const body = root.querySelector(".body");
    const touch = (type: string) => body?.dispatchEvent(new PointerEvent(type, { pointerType: "touch" }));
    touch("pointerenter");
    expect(grid.held()).toBe(false);
    touch("pointerdown");
    expect(grid.held()).toBe(true);
    touch("pointercancel");
    expect(grid.held()).toBe(false);
  });
});

test("the sorted header says so", () => {
  grid.setSort({ column: "percent", direction: "descending" });
  expect(root.querySelector(".head .percent")?.getAttribute("aria-sort")).toBe("descending");
  expect(root.querySelector(".head .last")?.getAttribute("aria-sort")).toBe("none");
});

import { signal } from "@preact/signals-core";
import type { Entry } from "tickertape-client";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Row } from "../columns/row.ts";
import type { FeedState } from "../model/feed.ts";
import { createShown } from "./shown.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));

/** A market whose prices are set by hand, and a view that wants these symbols and takes down what it draws. */
const setup = (...symbols: string[]) => {
  const frames: (() => void)[] = [];
  const rows = new Map<string, Row>();
  const listeners = new Set<(symbol: string) => void>();
  const feed = signal({} as FeedState);
  const empty = (symbol: string): Row => ({
    symbol,
    name: "",
    zone: "",
    entry: undefined,
    decimals: 2,
    tick: 0,
    unknown: false,
  });
  const asked = vi.fn((symbol: string) => rows.get(symbol) ?? empty(symbol));
  const shown = createShown({
    market: {
      row: asked,
      listen(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      feed,
    },
    schedule: (draw) => frames.push(draw),
    now: Date.now,
  });
  const wants = new Set(symbols);
  const drawn: string[][] = [];
  const reader = {
    wants: (symbol: string) => wants.has(symbol),
    draw: (set: ReadonlySet<string>) => drawn.push([...set]),
  };
  const stop = shown.follow(reader);
  return {
    shown,
    wants,
    drawn,
    frames,
    asked,
    rows,
    feed,
    stop,
    /** Frames are drawn when the test says so. */
    frame() {
      for (const draw of frames.splice(0)) draw();
    },
    /** The market has another price. */
    price(symbol: string, p: number, more: Partial<Entry> = {}, row: Partial<Row> = {}) {
      const before = rows.get(symbol)?.entry;
      const moved = before ? (Math.sign(p - (before.quote.p ?? p)) as Entry["tick"]) : 0;
      const tick = moved || (before?.tick ?? 0);
      const entry: Entry = { quote: { s: symbol, p }, seq: 1, confirmed: true, tick, sent: 0, received: 0, ...more };
      rows.set(symbol, { ...empty(symbol), entry, tick, ...row });
      for (const listener of listeners) listener(symbol);
    },
    last: (symbol: string) => shown.row(symbol).entry?.quote.p,
  };
};

describe("a row", () => {
  test("is the same one for all views until a frame shows the next", () => {
    const { price, frame, last, drawn } = setup("A");
    price("A", 10);
    frame();
    expect([last("A"), drawn.splice(0)]).toEqual([10, [["A"]]]);
    vi.advanceTimersByTime(200);
    price("A", 11);
    expect(last("A")).toBe(10);
    frame();
    expect([last("A"), drawn]).toEqual([11, [["A"]]]);
  });

  test("that changes all the time is shown every other flush, and its newest price is never left out", () => {
    const { price, frame, last } = setup("A");
    price("A", 10);
    frame();
    const change = (p: number) => {
      vi.advanceTimersByTime(100);
      price("A", p);
      frame();
      return last("A");
    };
    expect([change(11), change(12), change(13)]).toEqual([10, 12, 12]);
    vi.advanceTimersByTime(210); // no other flush comes
    frame();
    expect(last("A")).toBe(13);
  });

  test("waits for the quote of a flush of which a view has the bars already", () => {
    const { shown, price, frame, last } = setup("A");
    const awaits = vi.fn(() => true);
    shown.follow({ wants: () => false, awaits, draw() {} });
    price("A", 1); // the first need not wait
    frame();
    vi.advanceTimersByTime(150);
    price("A", 2);
    frame();
    expect(last("A")).toBe(1);
    awaits.mockReturnValue(false);
    price("A", 3);
    frame();
    expect(last("A")).toBe(3);
  });

  test("is shown in one frame with all others, and no frame is asked for in between", () => {
    const { price, frame, frames, drawn } = setup("A", "B");
    price("A", 1);
    frame();
    vi.advanceTimersByTime(100);
    price("B", 1); // the first of B need not wait
    frame();
    price("A", 2);
    expect(frames).toEqual([]);
    vi.advanceTimersByTime(100);
    price("B", 2);
    frame();
    expect(drawn).toEqual([["A"], ["B"], ["A", "B"]]);
  });

  test("is not shown right before the flush that brings its next price", () => {
    const { price, frame, last } = setup("A");
    price("A", 1);
    vi.advanceTimersByTime(95); // a frame is late, and the next flushes come 5 and 105 ms after it
    frame();
    const seen: unknown[] = [];
    for (const [after, p] of [
      [5, 2],
      [100, 3],
      [100, 4],
    ] as const) {
      for (let ms = 0; ms < after; ms += 5) {
        vi.advanceTimersByTime(5);
        frame();
        if (seen.at(-1) !== last("A")) seen.push(last("A"));
      }
      price("A", p);
      frame();
    }
    expect([...seen, last("A")]).toEqual([1, 4]);
  });

  test.each([
    ["is no longer confirmed", { confirmed: false }, {}],
    ["is halted", { quote: { s: "A", p: 10, st: "halted" } }, {}],
    ["is in doubt", { quote: { s: "A", p: 10, st: "stale", why: "in doubt" } }, {}],
    ["is of a recording", {}, { replayed: true }],
    ["is of an unknown symbol", {}, { unknown: true }],
  ])("that %s is shown in the next frame", (_, entry, row) => {
    const { shown, price, frame, drawn } = setup("A");
    price("A", 10);
    frame();
    price("A", 10, entry, row);
    frame();
    expect(shown.row("A")).toMatchObject(row);
    expect(drawn).toEqual([["A"], ["A"]]);
  });

  test("follows a source that begins to play a recording, though no price comes", () => {
    const { shown, price, rows, feed, frame } = setup("A");
    price("A", 10);
    frame();
    rows.set("A", { ...shown.row("A"), replayed: true });
    feed.value = {} as FeedState;
    frame();
    expect(shown.row("A").replayed).toBe(true);
  });

  test("that no view wants is the newest, and costs nothing when it changes", () => {
    const { price, frame, last, asked, frames, wants } = setup("A");
    price("B", 1);
    expect(last("B")).toBe(1);
    asked.mockClear();
    price("B", 2);
    expect([asked.mock.calls, frames]).toEqual([[], []]);
    expect(last("B")).toBe(2);
    price("B", 3);
    wants.add("B"); // a view begins to show what it has just read
    expect(last("B")).toBe(2);
    vi.advanceTimersByTime(200);
    price("B", 4);
    frame();
    expect(last("B")).toBe(4);
  });

  test("that was out of sight comes back with the newest price", () => {
    const { price, frame, last, wants } = setup("A");
    price("A", 1);
    frame();
    wants.clear();
    price("A", 2);
    price("B", 1);
    expect(last("A")).toBe(2);
    wants.add("A");
    expect(last("A")).toBe(2);
  });
});

describe("the arrow", () => {
  test("shows where the price that was shown has moved, not the last of the moves between", () => {
    const { shown, price, frame } = setup("A");
    price("A", 10);
    frame();
    price("A", 12);
    vi.advanceTimersByTime(200);
    price("A", 11); // the market's last move is down
    frame();
    expect(shown.row("A")).toMatchObject({ tick: 1, entry: { quote: { p: 11 }, tick: -1 } });
    vi.advanceTimersByTime(200);
    price("A", 13);
    price("A", 11); // as before
    frame();
    expect(shown.row("A").tick).toBe(1);
  });

  test("of whatever prices is the sign of the last move that was shown", () => {
    const { shown, price, frame } = setup("A");
    let seed = 7;
    const next = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    price("A", 10);
    frame();
    let [before, direction] = [10, 0];
    let moves = 0;
    for (let i = 0; i < 5000; i++) {
      vi.advanceTimersByTime(next(90));
      price("A", 8 + next(5));
      if (next(3) > 0) frame();
      const row = shown.row("A");
      const p = row.entry?.quote.p ?? 0;
      if (p !== before) moves++;
      direction = Math.sign(p - before) || direction;
      before = p;
      expect(row.tick).toBe(direction);
    }
    expect(moves).toBeGreaterThan(500);
  });
});

test("what is paced is drawn once, in the frames that show prices", () => {
  const { shown, price, frame, frames, drawn } = setup("A");
  const draw = vi.fn(() => drawn.push(["tape"]));
  const tape = shown.paced(draw);
  tape();
  tape();
  frame();
  expect(draw).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(50);
  tape();
  expect(frames).toEqual([]);
  vi.advanceTimersByTime(100);
  price("A", 1);
  frame();
  expect(drawn).toEqual([["tape"], ["A"], ["tape"]]);
  vi.advanceTimersByTime(50);
  tape();
  vi.advanceTimersByTime(110); // no price comes
  frame();
  expect(draw).toHaveBeenCalledTimes(3);
});

describe("what is drawn ahead", () => {
  test("is drawn when the frame that shows prices is asked for, and before it", () => {
    const { shown, price, frame, last } = setup("A");
    const draw = vi.fn();
    const chart = shown.paced(draw, true);
    chart();
    expect(draw).toHaveBeenCalledTimes(1);
    frame();
    expect(draw).toHaveBeenCalledTimes(1);
    price("A", 1);
    frame();
    vi.advanceTimersByTime(100);
    chart();
    frame();
    expect(draw).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(100);
    price("A", 2);
    expect([draw.mock.calls.length, last("A")]).toEqual([2, 1]);
    chart(); // the newest bar comes after the price
    expect(draw).toHaveBeenCalledTimes(3);
    frame();
    expect([draw.mock.calls.length, last("A")]).toEqual([3, 2]);
  });

  test("waits with the prices for a quote, and then comes with it", () => {
    const { shown, price, frame, last } = setup("A");
    const awaits = vi.fn(() => false);
    shown.follow({ wants: () => false, awaits, draw() {} });
    const draw = vi.fn();
    const chart = shown.paced(draw, true);
    price("A", 1);
    frame();
    vi.advanceTimersByTime(200);
    awaits.mockReturnValue(true);
    chart();
    frame();
    expect([draw.mock.calls.length, last("A")]).toEqual([0, 1]);
    awaits.mockReturnValue(false);
    price("A", 2);
    expect([draw.mock.calls.length, last("A")]).toEqual([1, 1]);
    awaits.mockReturnValue(true); // bars of the next flush come before the frame
    chart();
    frame();
    expect([draw.mock.calls.length, last("A")]).toEqual([1, 2]);
    vi.advanceTimersByTime(200); // no quote comes
    awaits.mockReturnValue(false);
    vi.advanceTimersByTime(200);
    frame();
    expect(draw).toHaveBeenCalledTimes(2);
  });

  test("has prices wait for another frame, if this one was not to show them when it was asked for", () => {
    const { shown, price, frame, last } = setup("A", "B");
    const draw = vi.fn();
    const chart = shown.paced(draw, true);
    price("A", 1);
    frame();
    vi.advanceTimersByTime(145);
    chart();
    price("A", 2);
    price("B", 1); // the first of B need not wait
    expect(draw).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10);
    frame();
    expect([draw.mock.calls.length, last("A"), last("B")]).toEqual([1, 1, 1]);
    frame();
    expect([draw.mock.calls.length, last("A")]).toEqual([1, 2]);
  });
});

test("no view is told when it has stopped, and nothing is drawn after the end", () => {
  const { shown, price, frame, drawn, stop } = setup("A");
  price("A", 1);
  stop();
  frame();
  expect(drawn).toEqual([]);

  const draw = vi.fn();
  shown.follow({ wants: (symbol) => symbol === "A", draw });
  const [tape, chart] = [shown.paced(draw), shown.paced(draw, true)];
  price("A", 2);
  frame();
  expect(draw).toHaveBeenCalledTimes(1);
  price("A", 3);
  tape();
  chart();
  shown.close();
  price("A", 4);
  vi.advanceTimersByTime(1000);
  frame();
  expect(draw).toHaveBeenCalledTimes(1);
});

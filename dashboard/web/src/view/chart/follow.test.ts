import { beforeEach, expect, test, vi } from "vitest";
import type { Shown } from "../shown.ts";
import { followBars } from "./follow.ts";

type Listener = (change: object) => void;

const setup = () => {
  const frames: (() => void)[] = [];
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => frames.push(draw));
  const listeners = new Map<string, Listener>();
  const entry = { seq: 1 };
  let reader: Parameters<Shown["follow"]>[0] | undefined;
  const client = {
    on: (name: string, one: Listener) => {
      listeners.set(name, one);
      return () => {};
    },
    bars: () => [],
    entry: () => entry,
    subscribe: vi.fn(),
    unsubscribe: vi.fn(),
  };
  const shown = {
    follow: (one: typeof reader) => {
      reader = one;
      return () => {};
    },
  };
  const draw = vi.fn(() => true);
  const options = { client, shown, symbol: "A", interval: "1m", draw } as unknown as Parameters<typeof followBars>[0];
  const followed = followBars(options);
  const says = (times: readonly number[], reset = false) =>
    listeners.get("series")?.({
      kind: "bars",
      symbol: "A",
      interval: "1m",
      reset,
      bars: times.map((time) => ({ time })),
    });
  const frame = () => {
    for (const draw of frames.splice(0)) draw();
  };
  const flush = (seq: number) => listeners.get("bars")?.({ symbol: "A", interval: "1m", seq });
  return { followed, draw, says, frame, flush, entry, reader, client, price: () => reader?.draw(new Set(["A"])) };
};

beforeEach(() => void vi.useFakeTimers());

test("bars are drawn with the price that is shown, the history at once", () => {
  const { draw, says, frame, price } = setup();
  says([1, 2], true);
  frame();
  expect(draw).toHaveBeenLastCalledWith(expect.objectContaining({ whole: true, answered: true }));
  says([3]);
  says([2]);
  says([3]);
  frame();
  expect(draw).toHaveBeenCalledTimes(1);
  price();
  expect(draw).toHaveBeenLastCalledWith(expect.objectContaining({ whole: false, bars: [{ time: 2 }, { time: 3 }] }));
  price(); // nothing has changed
  expect(draw).toHaveBeenCalledTimes(2);
});

test("the price waits for the quote of a flush of which the bars have come, but not long", () => {
  const { flush, entry, reader } = setup();
  flush(5);
  expect(reader?.awaits?.("A")).toBe(true);
  expect(reader?.awaits?.("B")).toBe(false);
  entry.seq = 5;
  expect(reader?.awaits?.("A")).toBe(false);
  flush(6);
  vi.advanceTimersByTime(100);
  expect(reader?.awaits?.("A")).toBe(false);
});

test("a bar that changes without the price is drawn soon", () => {
  const { draw, says, frame } = setup();
  says([1], true);
  frame();
  says([1]);
  vi.advanceTimersByTime(300);
  frame();
  expect(draw).toHaveBeenCalledTimes(2);
});

test("a page that is hidden, and so has no frames, keeps no more than five hundred changes", () => {
  const { draw, says, frame } = setup();
  says([1], true);
  frame();
  for (let i = 0; i < 10_000; i++) says([i]);
  vi.advanceTimersByTime(1000);
  frame();
  expect(draw).toHaveBeenLastCalledWith(expect.objectContaining({ whole: true, bars: [] }));
});

test("nothing is drawn, and nothing is running, when it is closed", () => {
  const { followed, draw, says, frame, client } = setup();
  says([1], true);
  followed.close();
  frame();
  expect(draw).not.toHaveBeenCalled();
  expect(client.unsubscribe).toHaveBeenCalledWith({ bars: ["A"], interval: "1m" });
  expect(vi.getTimerCount()).toBe(0);
});

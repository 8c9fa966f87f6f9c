import { beforeEach, expect, test, vi } from "vitest";
import type { Shown } from "../shown.ts";
import { followBars } from "./follow.ts";

type Listener = (change: object) => void;

const setup = () => {
  const paced: (() => void)[] = [];
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
    paced: (draw: () => void) => () => void paced.push(draw),
  };
  const draw = vi.fn(() => true);
  const options = { client, shown, symbol: "A", interval: "1m", draw } as unknown as Parameters<typeof followBars>[0];
  const followed = followBars(options);
  const says = async (times: readonly number[], reset = false) => {
    listeners.get("series")?.({
      kind: "bars",
      symbol: "A",
      interval: "1m",
      reset,
      bars: times.map((time) => ({ time })),
    });
    await Promise.resolve(); // it draws once the client has told all
  };
  const flush = (seq: number) => listeners.get("bars")?.({ symbol: "A", interval: "1m", seq });
  /** Shows prices. */
  const frame = () => {
    for (const draw of new Set(paced.splice(0))) draw();
  };
  return { followed, draw, says, frame, flush, entry, reader, client };
};

beforeEach(() => void vi.useFakeTimers());

test("bars are drawn in the frames that show prices, each in its newest state", async () => {
  const { draw, says, frame } = setup();
  await says([1, 2], true);
  frame();
  expect(draw).toHaveBeenLastCalledWith(expect.objectContaining({ whole: true, answered: true }));
  await says([3]);
  await says([2]);
  await says([3]);
  expect(draw).toHaveBeenCalledTimes(1);
  frame();
  expect(draw).toHaveBeenLastCalledWith(expect.objectContaining({ whole: false, bars: [{ time: 2 }, { time: 3 }] }));
  frame(); // nothing has changed
  expect(draw).toHaveBeenCalledTimes(2);
});

test("prices wait for the quote of a flush of which the bars have come, but not long", () => {
  const { flush, entry, reader } = setup();
  flush(5);
  expect(reader?.awaits?.()).toBe(true);
  entry.seq = 5;
  expect(reader?.awaits?.()).toBe(false);
  flush(6);
  vi.advanceTimersByTime(100);
  expect(reader?.awaits?.()).toBe(false);
});

test("a page that is hidden, and so has no frames, keeps no more than five hundred changes", async () => {
  const { draw, says, frame } = setup();
  await says([1], true);
  frame();
  for (let i = 0; i < 10_000; i++) await says([i]);
  frame();
  expect(draw).toHaveBeenLastCalledWith(expect.objectContaining({ whole: true, bars: [] }));
});

test("nothing is drawn when it is closed", async () => {
  const { followed, draw, says, frame, client } = setup();
  await says([1], true);
  followed.close();
  frame();
  expect(draw).not.toHaveBeenCalled();
  expect(client.unsubscribe).toHaveBeenCalledWith({ bars: ["A"], interval: "1m" });
});

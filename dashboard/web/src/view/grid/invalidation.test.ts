import { expect, test, vi } from "vitest";
import { createInvalidation, includes, type Level } from "./invalidation.ts";

const setup = () => {
  const frames: (() => void)[] = [];
  const draw = vi.fn<(level: Level, symbols: ReadonlySet<string>) => void>();
  const invalidation = createInvalidation(draw, (paint) => frames.push(paint));
  const frame = () => {
    for (const paint of frames.splice(0)) paint();
  };
  const drawn = () => draw.mock.calls.splice(0).map(([level, symbols]) => [level, ...symbols]);
  return { invalidation, draw, frames, frame, drawn };
};

test("a level includes those before it", () => {
  expect([includes("layout", "cells"), includes("rows", "rows"), includes("cells", "rows")]).toEqual([
    true,
    true,
    false,
  ]);
});

test("what is out of date is drawn once a frame, at the highest level", () => {
  const { invalidation, frames, frame, drawn } = setup();
  invalidation.mark("A");
  invalidation.invalidate("layout");
  invalidation.invalidate("rows");
  invalidation.mark("B");
  invalidation.mark("A");
  expect([frames.length, drawn()]).toEqual([1, []]);
  frame();
  expect(drawn()).toEqual([["layout", "A", "B"]]);
  invalidation.mark("C");
  frame();
  expect(drawn()).toEqual([["cells", "C"]]);
});

test("what is drawn at once is not drawn again in the frame", () => {
  const { invalidation, frame, drawn } = setup();
  invalidation.flush();
  expect(drawn()).toEqual([]);
  invalidation.mark("A");
  invalidation.invalidate("rows");
  invalidation.flush();
  expect(drawn()).toEqual([["rows", "A"]]);
  frame();
  expect(drawn()).toEqual([]);
});

test("what becomes out of date while it draws belongs to the frame after", () => {
  const { invalidation, draw, frame, drawn } = setup();
  draw.mockImplementationOnce(() => invalidation.mark("B"));
  invalidation.mark("A");
  frame();
  expect(drawn()).toEqual([["cells", "A"]]);
  frame();
  expect(drawn()).toEqual([["cells", "B"]]);
});

import { expect, test, vi } from "vitest";
import { createInvalidation, type Level } from "./invalidation.ts";

const setup = () => {
  const frames: (() => void)[] = [];
  const arrange = vi.fn<(level: Level) => void>();
  const invalidation = createInvalidation(arrange, (paint) => frames.push(paint));
  const frame = () => {
    for (const paint of frames.splice(0)) paint();
  };
  const arranged = () => arrange.mock.calls.splice(0).flat();
  return { invalidation, arrange, frames, frame, arranged };
};

test("what is out of date is arranged once a frame, at the highest level", () => {
  const { invalidation, frames, frame, arranged } = setup();
  invalidation.invalidate("rows");
  invalidation.invalidate("layout");
  invalidation.invalidate("rows");
  expect([frames.length, arranged()]).toEqual([1, []]);
  frame();
  expect(arranged()).toEqual(["layout"]);
  invalidation.invalidate("rows");
  frame();
  expect(arranged()).toEqual(["rows"]);
});

test("what is arranged at once is not arranged again in the frame", () => {
  const { invalidation, frame, arranged } = setup();
  invalidation.flush();
  expect(arranged()).toEqual([]);
  invalidation.invalidate("rows");
  invalidation.flush();
  expect(arranged()).toEqual(["rows"]);
  frame();
  expect(arranged()).toEqual([]);
});

test("what becomes out of date meanwhile belongs to the frame after", () => {
  const { invalidation, arrange, frame, arranged } = setup();
  arrange.mockImplementationOnce(() => invalidation.invalidate("layout"));
  invalidation.invalidate("rows");
  frame();
  expect(arranged()).toEqual(["rows"]);
  frame();
  expect(arranged()).toEqual(["layout"]);
});

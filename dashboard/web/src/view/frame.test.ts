import { expect, test, vi } from "vitest";
import { onceAFrame } from "./frame.ts";

test("many calls between two frames draw once, and a call while it draws belongs to the frame after", () => {
  const frames: (() => void)[] = [];
  const draw = vi.fn();
  const mark = onceAFrame(draw, (paint) => frames.push(paint));
  draw.mockImplementationOnce(() => mark());
  mark();
  mark();
  expect([frames.length, draw.mock.calls.length]).toEqual([1, 0]);
  frames.shift()?.();
  expect([frames.length, draw.mock.calls.length]).toEqual([1, 1]);
  frames.shift()?.();
  expect([frames.length, draw.mock.calls.length]).toEqual([0, 2]);
});

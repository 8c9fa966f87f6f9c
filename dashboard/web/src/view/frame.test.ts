import { expect, test } from "vitest";
import { frameBatch } from "./frame.ts";

const manual = () => {
  const frames: (() => void)[] = [];
  return { schedule: (paint: () => void) => frames.push(paint), frames };
};

test("each key is drawn once a frame, however often it is marked", () => {
  const { schedule, frames } = manual();
  const drawn: string[][] = [];
  const mark = frameBatch<string>((dirty) => drawn.push([...dirty]), schedule);
  mark("A");
  mark("B");
  mark("A");
  expect(frames).toHaveLength(1);
  frames.shift()?.();
  expect(drawn).toEqual([["A", "B"]]);
});

test("what is marked while drawing belongs to the next frame", () => {
  const { schedule, frames } = manual();
  const drawn: string[][] = [];
  const mark = frameBatch<string>((dirty) => {
    drawn.push([...dirty]);
    if (drawn.length === 1) mark("again");
  }, schedule);
  mark("first");
  frames.shift()?.();
  expect(frames).toHaveLength(1);
  frames.shift()?.();
  expect(drawn).toEqual([["first"], ["again"]]);
});

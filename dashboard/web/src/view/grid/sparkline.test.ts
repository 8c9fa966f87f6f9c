import { expect, test } from "vitest";
import { sparkPath } from "./sparkline.ts";

test("a picture holds all prices and the previous close", () => {
  const spark = {
    points: [
      [0, 10],
      [1, 12],
    ] as const,
    last: 14,
  };
  expect(sparkPath(spark, 9)).toEqual({ path: "M1 18L50 10L99 2", level: 22 });
  expect(sparkPath({ points: [[0, 1]], last: null }, 1)).toBeNull();
  expect(sparkPath({ points: [[0, 1]], last: 1 }, undefined)).toEqual({ path: "M1 22L99 22", level: null });
});

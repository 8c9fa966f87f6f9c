import { expect, test } from "vitest";
import { sparkPath } from "./sparkline.ts";

test("a picture holds all prices and the previous close", () => {
  const spark = {
    points: [
      [0, 10],
      [1, 12],
    ] as const,
    last: 14,
    missing: "",
  };
  expect(sparkPath(spark, 9)).toEqual({ path: "M1 18L50 10L99 2", level: 22 });
  expect(sparkPath({ points: [[0, 1]], last: 1, missing: "" }, undefined)).toEqual({
    path: "M1 22L99 22",
    level: null,
  });
});

test("there is none where a reason is given", () => {
  expect(sparkPath({ points: [[0, 1]], last: 1, missing: "Too few." }, 1)).toBeNull();
});

import { expect, test } from "vitest";
import { longestDelay } from "./retry.ts";

test("the longest delay doubles with each failure, up to half a minute for ever", () => {
  expect([0, 1, 2, 3, 4, 5].map(longestDelay)).toEqual([500, 1000, 2000, 4000, 8000, 16_000]);
  for (const failures of [6, 7, 100, 10_000]) expect(longestDelay(failures)).toBe(30_000);
});

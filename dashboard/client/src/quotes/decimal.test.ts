import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { change, changePercent, decimalsOf, scale } from "./decimal.ts";

describe("decimals", () => {
  test.each([
    [189.3, 1],
    [189, 0],
    [0.00001234, 8],
    [1.5e-7, 8],
    [-2.25, 2],
  ])("%d was written with %d decimals", (value, decimals) => expect(decimalsOf(value)).toBe(decimals));

  test("are those of the text of the number", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
        fc.integer({ min: 0, max: 12 }),
        (units, decimals) => {
          const value = Number(`${units}e-${decimals}`);
          const [mantissa = "", exponent = "0"] = String(value).split("e");
          const written = (mantissa.split(".")[1]?.length ?? 0) - Number(exponent);
          expect(decimalsOf(value)).toBe(Math.min(9, Math.max(0, written)));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("a change is what a person would write down, never 0.09999", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9_999_999_999 }),
        fc.integer({ min: 1, max: 9_999_999_999 }),
        fc.integer({ min: 0, max: 5 }),
        (last, reference, decimals) => {
          const value = (units: number) => Number(`${units}e-${decimals}`);
          expect(change(value(last), value(reference))).toBe(value(last - reference));
        },
      ),
    );
    expect(change(0.3, 0.1)).toBe(0.2);
    expect(change(1.1, 1)).toBe(0.1);
  });

  test("a price of up to 15 digits scales to exactly its digits", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 99_999_999_999_999 }),
        fc.integer({ min: 0, max: 9 }),
        (units, decimals) => {
          expect(scale(Number(`${units}e-${decimals}`), decimals)).toBe(units);
        },
      ),
    );
  });

  test("no percentage of nothing", () => {
    expect(changePercent(1, 0)).toBeNull();
    expect(changePercent(110, 100)).toBe(10);
    expect(changePercent(-9, -10)).toBe(10);
  });
});

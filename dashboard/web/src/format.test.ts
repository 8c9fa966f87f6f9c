import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { age, change, changePercent, createFormat, decimalsOf, scale } from "./format.ts";

const format = createFormat({ locale: "en-US", timeZone: "UTC" });

describe("numbers", () => {
  test.each([
    [189.3, 1],
    [189, 0],
    [0.00001234, 8],
    [1.5e-7, 8],
    [-2.25, 2],
  ])("%d was written with %d decimals", (value, decimals) => expect(decimalsOf(value)).toBe(decimals));

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

  test("a price of up to 15 digits is shown with exactly its digits", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 99_999_999_999_999 }),
        fc.integer({ min: 0, max: 9 }),
        (units, decimals) => {
          const digits = String(units).padStart(decimals + 1, "0");
          const exact = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
          expect(format.price(Number(exact), decimals).replaceAll(",", "")).toBe(exact);
          expect(scale(Number(exact), decimals)).toBe(units);
        },
      ),
    );
  });

  test("the direction needs no colour", () => {
    expect(format.change(1.5, 2)).toBe("+1.50");
    expect(format.change(-1.5, 2)).toBe("−1.50");
    expect(format.change(0, 2)).toBe("0.00");
    expect(format.percent(-0.004)).toBe("0.00%");
    expect(format.percent(12.345)).toBe("+12.35%");
  });

  test("no percentage of nothing", () => {
    expect(changePercent(1, 0)).toBeNull();
    expect(changePercent(110, 100)).toBe(10);
    expect(changePercent(-9, -10)).toBe(10);
  });

  test("volumes are short", () => {
    expect(format.volume(9_999)).toBe("9,999");
    expect(format.volume(1_234_567)).toBe("1.23M");
  });
});

describe("times", () => {
  test("of day in the reader's zone, which has a name", () => {
    expect(format.time(1_700_000_000_000_000)).toBe("22:13:20");
    expect(format.zone()).toBe("UTC");
  });

  test.each([
    [0, "0.0 s"],
    [420, "0.4 s"],
    [9_960, "10 s"],
    [89_000, "89 s"],
    [120_000, "2 min"],
    [7_200_000, "2 h"],
    [200_000_000, "2 d"],
  ])("%d ms is %s", (ms, text) => expect(age(ms)).toBe(text));
});

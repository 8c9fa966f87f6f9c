// @vitest-environment happy-dom

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { createFlashes, type Direction } from "./flashes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));

const setup = () => {
  const cell = document.createElement("div");
  const options = { allowed: true };
  const flashes = createFlashes({ allowed: () => options.allowed, now: Date.now });
  return { cell, options, flashes, flash: flashes.of(cell), shown: () => cell.dataset["flash"] ?? "" };
};

describe("a flash", () => {
  test("turns with the price, and ends when the first one would have ended", () => {
    const { flash, shown, flashes } = setup();
    flash.follow(10, 0, false);
    flash.follow(11, 1, false);
    expect(shown()).toBe("up");
    vi.advanceTimersByTime(200);
    flash.follow(10, -1, false);
    expect(shown()).toBe("down");
    vi.advanceTimersByTime(100);
    flashes.sweep();
    expect(shown()).toBe("");
  });

  test("ends with the price's being live", () => {
    const { flash, shown } = setup();
    flash.follow(10, 0, false);
    flash.follow(11, 1, false);
    flash.follow(11, 1, true);
    expect(shown()).toBe("");
  });

  test("ends although no row is painted any more", () => {
    const { flash, shown } = setup();
    flash.follow(10, 0, false);
    flash.follow(11, 1, false);
    vi.advanceTimersByTime(400);
    expect(shown()).toBe("");
  });

  test("has the direction of the newest price, and begins at most twice a second", () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 300 }),
      price: fc.integer({ min: 1, max: 4 }),
      quiet: fc.nat({ max: 9 }).map((n) => n === 0),
      given: fc.nat({ max: 19 }).map((n) => n === 0),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { flash, flashes, shown } = setup();
        let before = 0;
        let direction: Direction = 0;
        let starts: number[] = [];
        for (const { wait, price, quiet, given } of steps) {
          vi.advanceTimersByTime(wait);
          flashes.sweep();
          if (given) {
            flash.reset();
            before = 0;
            starts = []; // another symbol's
          }
          const was = shown();
          const moved = before === 0 ? 0 : (Math.sign(price - before) as Direction);
          direction = moved || (before === 0 ? 0 : direction);
          flash.follow(price, direction, quiet || given);
          before = price;
          const now = shown();
          if (quiet || given) expect(now).toBe("");
          else if (now !== "") expect(now).toBe(direction > 0 ? "up" : "down");
          if (was === "" && now !== "") starts.push(Date.now());
        }
        for (const [i, start] of starts.entries()) expect(start - (starts[i - 1] ?? 0)).toBeGreaterThanOrEqual(500);
        flashes.close();
      }),
    );
  });
});

/** The relative luminance of a colour such as #d3f0df, as WCAG defines it. */
const luminance = (colour: string): number => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

test("a flash that turns is no second one: the tints of rise and fall have about the same luminance", () => {
  const css = readFileSync(resolve(import.meta.dirname, "../theme.css"), "utf8");
  const tints = [...css.matchAll(/--(?:green|red|blue|orange)-tint: light-dark\((#\w{6}), (#\w{6})\)/g)];
  expect(tints.length).toBe(4);
  for (const theme of [1, 2]) {
    const all = tints.map((tint) => luminance(tint[theme] ?? ""));
    expect(Math.max(...all) - Math.min(...all)).toBeLessThan(0.1); // less is no flash
  }
});

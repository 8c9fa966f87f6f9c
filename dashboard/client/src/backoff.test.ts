import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBackoff } from "./backoff.ts";

describe("backoff", () => {
  test("every delay lies between 0 and min(cap, base × 2^n)", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 40 }),
        (draws) => {
          let i = 0;
          const backoff = createBackoff({ random: () => draws[i] ?? 0 });
          for (; i < draws.length; i++) {
            const delay = backoff.next();
            expect(delay).toBeGreaterThanOrEqual(0);
            expect(delay).toBeLessThan(Math.min(30_000, 500 * 2 ** i) || 1);
          }
        },
      ),
    );
  });

  test("a short-lived connection does not reset it, a healthy one does", () => {
    const backoff = createBackoff({ random: () => 0.999999 });
    for (let i = 0; i < 4; i++) backoff.next(9_999);
    expect(backoff.failures).toBe(4);
    expect(backoff.next(10_000)).toBeLessThan(500);
    expect(backoff.failures).toBe(1);
  });
});

import { describe, expect, test } from "vitest";
import { createServerClock } from "./clock.ts";

describe("server clock", () => {
  test("a skewed clock here does not make ticks older or younger", () => {
    let local = 1_000_000; // an hour behind the server
    const ahead = 3_600_000;
    const clock = createServerClock(() => local);
    clock.observe((local + ahead - 40) * 1000); // took 40 ms
    local += 500;
    clock.observe((local + ahead - 5) * 1000); // took 5 ms: the better guess
    expect(clock.now()).toBe(local + ahead - 5);
  });

  test("a jump is forgotten at once when it is known", () => {
    let local = 1000;
    const clock = createServerClock(() => local);
    clock.observe(1_000_000);
    local += 3_600_000;
    clock.reset();
    clock.observe(1_005_000);
    expect(clock.now()).toBe(1005);
  });

  test("a clock that was set is believed again after two windows", () => {
    let local = 0;
    const clock = createServerClock(() => local);
    clock.observe(0);
    local = 1_000_000; // set forward
    clock.observe(1000 * 300_000);
    local += 300_000;
    clock.observe(1000 * 600_000);
    local += 300_000;
    clock.observe(1000 * 900_000);
    expect(clock.now()).toBe(900_000);
  });
});

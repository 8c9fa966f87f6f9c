import { describe, expect, test } from "vitest";
import { createMeter, createServerClock } from "./clock.ts";

describe("server clock", () => {
  test("a skewed clock here does not make ticks older or younger", () => {
    let local = 1_000_000; // an hour behind the server
    const ahead = 3_600_000;
    const clock = createServerClock(() => local);
    clock.observe((local + ahead - 40) * 1000); // took 40 ms
    local += 500;
    clock.observe((local + ahead - 5) * 1000); // took 5 ms: the better guess
    expect(clock.now()).toBe(local + ahead - 5);
    expect(clock.age((local + ahead - 1005) * 1000)).toBe(1000);
  });

  test("an age is never negative", () => {
    const clock = createServerClock(() => 1000);
    clock.observe(1_000_000);
    expect(clock.age(9_000_000)).toBe(0);
  });

  test("a clock that was set is believed again after two windows", () => {
    let local = 0;
    const clock = createServerClock(() => local, 100);
    clock.observe(0);
    local = 1_000_000; // set forward
    clock.observe(1000 * 100);
    local += 100;
    clock.observe(1000 * 200);
    local += 100;
    clock.observe(1000 * 300);
    expect(clock.now()).toBe(300);
  });
});

test("the meter tells the mean of the full seconds behind it", () => {
  let now = 10_000;
  const meter = createMeter(() => now, 4);
  expect(meter.rate()).toBe(0);
  for (let i = 0; i < 4; i++) {
    meter.add(30);
    meter.add(10);
    now += 1000;
  }
  expect(meter.rate()).toBe(40);
  now += 4000;
  expect(meter.rate()).toBe(0);
});

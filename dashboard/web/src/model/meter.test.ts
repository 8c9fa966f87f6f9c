import { expect, test } from "vitest";
import { createMeter } from "./meter.ts";

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

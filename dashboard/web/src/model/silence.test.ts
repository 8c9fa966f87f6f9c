import { expect, test } from "vitest";
import { createSilenceMeter } from "./silence.ts";

/** Something arrives so many times, so many ms apart. */
const heard = (count: number, gap: number, meter = createSilenceMeter()) => {
  for (let i = 0; i <= count; i++) meter.heard(i * gap);
  return meter;
};

test("what is usual is the mean gap", () => {
  expect(heard(50, 100).read(8000)).toEqual({ lasts: 3000, usual: expect.closeTo(100, 6) });
});

test("nothing is known of the first ten gaps, nor of what comes once a minute", () => {
  expect(heard(9, 100).read(5000)).toBeNull();
  expect(heard(100, 60_000).read(7_000_000)).toBeNull();
});

test("a list that has become slower is measured by its last minutes", () => {
  const meter = heard(3000, 100);
  for (let at = 302_000; at < 900_000; at += 2000) meter.heard(at);
  expect(meter.read(900_000)?.usual).toBeGreaterThan(1500);
});

test("a pause is no gap", () => {
  const meter = heard(50, 100);
  meter.expect(false, 5000);
  expect(meter.read(60_000)).toBeNull();
  meter.expect(true, 60_000);
  meter.expect(true, 60_400);
  expect(meter.read(60_500)).toEqual({ lasts: 500, usual: expect.closeTo(100, 6) });
});

test("another pace is measured anew", () => {
  const meter = heard(50, 100);
  meter.forget();
  meter.heard(60_000);
  expect(meter.read(62_000)).toBeNull();
});

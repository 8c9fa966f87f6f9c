import { expect, test, vi } from "vitest";
import { fetchLater } from "./later.ts";

test("a part is fetched soon after the start, or when it is needed, and once", async () => {
  vi.useFakeTimers();
  const fetch = vi.fn(async () => "part");
  const later = fetchLater(fetch);
  expect([later.part.value, fetch.mock.calls.length]).toEqual([null, 0]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(later.part.value).toBe("part");
  expect(await later.load()).toBe("part");
  expect(fetch).toHaveBeenCalledTimes(1);
  const closed = fetchLater(fetch);
  closed.close();
  await vi.advanceTimersByTimeAsync(5000);
  expect(fetch).toHaveBeenCalledTimes(1);
  vi.useRealTimers();
});

test("a part that could not be fetched is fetched again after a while", async () => {
  vi.useFakeTimers();
  let away = true;
  const later = fetchLater(async () => {
    if (away) throw new TypeError("the server is away");
    return "part";
  });
  await vi.advanceTimersByTimeAsync(1000);
  away = false;
  await vi.advanceTimersByTimeAsync(9000);
  expect(later.part.value).toBeNull();
  await vi.advanceTimersByTimeAsync(1000);
  expect(later.part.value).toBe("part");
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test("a part that could not be fetched is fetched again when it is needed", async () => {
  let away = true;
  const later = fetchLater(async () => {
    if (away) throw new TypeError("the server is away");
    return "part";
  });
  expect(await later.load()).toBeNull();
  away = false;
  expect(await later.load()).toBe("part");
  later.close();
});

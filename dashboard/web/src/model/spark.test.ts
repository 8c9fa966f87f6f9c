import { beforeEach, expect, test, vi } from "vitest";
import type { Close } from "./api.ts";
import { createSparks, sparkInterval, sparkPoints } from "./spark.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000_000 }));

const setup = (closes: readonly Close[] = [[0, 1]]) => {
  const fetch = vi.fn(async (symbols: readonly string[]) => new Map(symbols.map((symbol) => [symbol, closes])));
  const kept = vi.fn(() => true);
  return { fetch, kept, sparks: createSparks({ fetch, kept }) };
};
const tooFew = "There are not yet five prices, five minutes apart.";

test("of five points on it is drawn, and of less it is said why not", async () => {
  const { sparks } = setup([0, 1, 2, 3].map((i) => [i * sparkInterval, 10 + i] as const));
  sparks.get("A");
  await vi.advanceTimersByTimeAsync(200);
  expect(sparks.get("A")?.missing).toBe(tooFew);
  sparks.extend("A", 14, 4 * sparkInterval, "1");
  expect(sparks.get("A")?.missing).toBe("");
});

test("nothing is asked of a server that keeps no such bars, and that is said", async () => {
  const { sparks, fetch, kept } = setup();
  kept.mockReturnValue(false);
  expect(sparks.get("A")).toMatchObject({ points: [], missing: "The server keeps no bars of five minutes." });
  await vi.advanceTimersByTimeAsync(1000);
  expect(fetch).not.toHaveBeenCalled();
});

test("a quote without a trade makes no point", async () => {
  const { sparks } = setup([[0, 1]]);
  sparks.get("A");
  await vi.advanceTimersByTimeAsync(200);
  sparks.extend("A", 1, 7 * sparkInterval, "1"); // the time is that of a bid
  sparks.extend("A", 1, 8 * sparkInterval, "1");
  expect(sparks.get("A")?.points).toEqual([[0, 1]]);
  sparks.extend("A", 2, 9 * sparkInterval, "1");
  expect(sparks.get("A")?.points.at(-1)).toEqual([9 * sparkInterval, 2]);
});

test("without a bar, the first price that comes is no point, but the first that changes", async () => {
  const { sparks } = setup([]);
  sparks.get("A");
  await vi.advanceTimersByTimeAsync(200);
  sparks.extend("A", 1, sparkInterval, "1");
  expect(sparks.get("A")?.points).toEqual([]);
  sparks.extend("A", 2, 2 * sparkInterval, "1");
  expect(sparks.get("A")?.points).toEqual([[2 * sparkInterval, 2]]);
});

test("rows that come into sight together are asked for together, once", async () => {
  const { fetch, sparks } = setup();
  expect(sparks.get("A")).toBeNull();
  expect(sparks.get("B")).toBeNull();
  sparks.get("A");
  await vi.advanceTimersByTimeAsync(200);
  expect(fetch.mock.calls).toEqual([[["A", "B"]]]);
  expect(sparks.get("A")).toEqual({ points: [[0, 1]], last: null, day: "", missing: tooFew });
  await vi.advanceTimersByTimeAsync(200);
  expect(fetch).toHaveBeenCalledTimes(1);
});

test("what could not be had is asked for again after a while", async () => {
  const { fetch, sparks } = setup();
  fetch.mockRejectedValueOnce(new TypeError("refused"));
  sparks.get("A");
  await vi.advanceTimersByTimeAsync(200);
  sparks.get("A");
  await vi.advanceTimersByTimeAsync(1000);
  expect(fetch).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(30_000);
  sparks.get("A");
  await vi.advanceTimersByTimeAsync(200);
  expect(fetch).toHaveBeenCalledTimes(2);
  expect(sparks.get("A")).not.toBeNull();
});

test("what could not be had is asked for again at once over a new connection", async () => {
  const { fetch, sparks } = setup();
  fetch.mockRejectedValueOnce(new TypeError("refused"));
  sparks.get("A");
  await vi.advanceTimersByTimeAsync(200);
  sparks.retry();
  sparks.get("A");
  await vi.advanceTimersByTimeAsync(200);
  expect(fetch).toHaveBeenCalledTimes(2);
  expect(sparks.get("A")).not.toBeNull();
});

test("what has been asked for is not asked for again before the answer", async () => {
  const { fetch, sparks } = setup();
  let answer = (_: ReadonlyMap<string, readonly Close[]>) => {};
  fetch.mockReturnValueOnce(
    new Promise((resolve) => {
      answer = resolve as typeof answer;
    }),
  );
  sparks.get("A");
  await vi.advanceTimersByTimeAsync(200);
  sparks.get("A");
  await vi.advanceTimersByTimeAsync(1000);
  answer(new Map([["A", [[0, 1]]]]));
  await vi.advanceTimersByTimeAsync(1000);
  expect(fetch).toHaveBeenCalledTimes(1);
  expect(sparks.get("A")).not.toBeNull();
});

test("live prices carry it on, and it stays small", async () => {
  const { sparks } = setup([[0, 1]]);
  sparks.get("A");
  expect(sparks.extend("A", 5, 0, "1")).toBe(false); // nothing to carry on yet
  await vi.advanceTimersByTimeAsync(200);
  expect(sparks.extend("A", 2, 1000, "1")).toBe(true);
  expect(sparks.extend("A", 2, 2000, "1")).toBe(false);
  expect(sparks.get("A")).toEqual({ points: [[0, 1]], last: 2, day: "1", missing: tooFew });
  sparks.extend("A", 3, sparkInterval, "1");
  expect(sparks.get("A")).toEqual({
    points: [
      [0, 2],
      [sparkInterval, 3],
    ],
    last: 3,
    day: "1",
    missing: tooFew,
  });
  for (let i = 2; i < 600; i++) sparks.extend("A", i, i * sparkInterval, "1");
  expect(sparks.get("A")?.points).toHaveLength(sparkPoints);
});

test("another day is asked for, and the old one stays until it is there", async () => {
  const { fetch, sparks } = setup();
  sparks.get("A");
  await vi.advanceTimersByTimeAsync(200);
  sparks.extend("A", 2, 1000, "monday");
  fetch.mockResolvedValueOnce(new Map([["A", [[5, 7]]]]));
  sparks.extend("A", 3, 2000, "tuesday");
  sparks.extend("A", 4, 3000, "tuesday");
  expect(sparks.get("A")?.points).toEqual([[0, 1]]);
  await vi.advanceTimersByTimeAsync(200);
  expect(fetch).toHaveBeenCalledTimes(2);
  expect(sparks.get("A")).toEqual({ points: [[5, 7]], last: 4, day: "tuesday", missing: tooFew });
});

test("nothing is left running when it is closed", async () => {
  const { fetch, sparks } = setup();
  sparks.get("A");
  sparks.close();
  await vi.advanceTimersByTimeAsync(1000);
  expect(fetch).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});

import { beforeEach, expect, test, vi } from "vitest";
import { hello, setup, snapshot } from "../../test/support/connection.ts";
import { wantsNothing } from "../interest/want.ts";
import { createSeriesLedger } from "../series/ledger.ts";
import type { Synced } from "../state.ts";

beforeEach(() => void vi.useFakeTimers());

test("what is added while a stream resumes is asked for when it is synced, so that what has not changed stays known", async () => {
  const { connection, last } = setup();
  const synced: Synced[] = [];
  connection.on("synced", (event) => synced.push(event));
  last().says(hello(), snapshot(5));
  last().closes();
  await vi.advanceTimersByTimeAsync(1000);
  expect(last().request).toMatchObject({ symbols: ["A", "B"], since: "e-5" });
  connection.subscribe(["C"]);
  last().says(hello("e", 6));
  expect(last().sent).toEqual([]);
  last().says(snapshot(6, { resumed: true }));
  expect(synced).toEqual([{ resumed: false }, { resumed: true }]);
  expect(last().sent).toMatchObject([{ type: "subscribe", symbols: ["C"] }]);
});

test("what was given up and is wanted again before the server heard of it is asked for again, since it was forgotten", async () => {
  const { connection, last } = setup();
  last().says(hello(), snapshot(5));
  connection.unsubscribe(["A", "B"]);
  connection.subscribe(["B", "C"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(last().sent).toMatchObject([
    { type: "unsubscribe", symbols: ["A", "B"] },
    { type: "subscribe", symbols: ["B", "C"] },
  ]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(last().sent).toHaveLength(2);
});

test("so are bars and trades", async () => {
  const { connection, last } = setup();
  const series = (...names: readonly string[]) =>
    connection.want({ ...wantsNothing, series: names.map((symbol) => ({ symbol, interval: "1m", limit: null })) });
  connection.addSeries(createSeriesLedger());
  series("A", "B");
  last().says(hello(), snapshot(5));
  await vi.advanceTimersByTimeAsync(1);
  const before = last().sent.length;
  last().says({ type: "bars", seq: 6, time: 0, symbol: "A", interval: "1m", reset: true, bars: [] });
  series("B");
  series("A", "B");
  await vi.advanceTimersByTimeAsync(1000);
  expect(last().sent.slice(before)).toMatchObject([
    { type: "unsubscribe", bars: ["A"] },
    { type: "subscribe", bars: ["A"], interval: "1m" },
  ]);
  expect(last().sent.at(-1)).not.toHaveProperty("since");
});

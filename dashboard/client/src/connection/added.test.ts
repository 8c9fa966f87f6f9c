import { beforeEach, expect, test, vi } from "vitest";
import { hello, setup, snapshot } from "../../test/support/connection.ts";
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

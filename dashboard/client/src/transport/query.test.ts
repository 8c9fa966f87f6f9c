import { expect, test } from "vitest";
import { streamQuery } from "./query.ts";

test("a query names every symbol, escaped", () => {
  expect(streamQuery({ symbols: [], since: null })).toBe("");
  expect(streamQuery({ symbols: ["BRK.B", "#tech", "A,B"], since: "k-1" })).toBe(
    "?symbols=BRK.B,%23tech,A%2CB&since=k-1",
  );
});

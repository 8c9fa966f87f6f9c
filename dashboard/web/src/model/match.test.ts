import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { createMatcher } from "./match.ts";

interface Case {
  readonly query: string;
  readonly symbol: string;
  readonly name: string;
  readonly sector: string;
  readonly match: "exact" | "starts" | "begins" | "within" | "none";
}

// The server's test reads the same cases.
const file = resolve(import.meta.dirname, "../../../testdata/search.json");
const cases = JSON.parse(readFileSync(file, "utf8")) as readonly Case[];

test.each(cases)("$query in $symbol, $name, $sector", ({ query, match, ...info }) => {
  const find = createMatcher()(query);
  expect(find(info)).toBe(match !== "none");
  expect(find(info)).toBe(match !== "none");
});

import { expect, test } from "vitest";
import type { SourceStatus } from "../protocol/messages.ts";
import { greetedSources } from "../quotes/sources.ts";
import { toldSource } from "./catch-up.ts";

test("a tab that is told by another knows of each source what that one does", () => {
  const all: readonly SourceStatus[] = [
    { source: "sim", status: "live", since: 5_000_000, message: "made up", simulated: true },
    { source: "alpaca", status: "down", message: "", delayed_ms: 900_000 },
    {
      source: "relay",
      status: "live",
      replayed: true,
      quiet: true,
      sources: [{ source: "replay", status: "live", since: 7_000_000, replayed: true, quiet: true }],
    },
  ];
  const hello = { type: "hello", protocol: 1, epoch: "e", seq: 1, time: 1 } as const;
  const known = greetedSources({ ...hello, sources: all });
  expect(greetedSources({ ...hello, sources: known.map(toldSource) })).toEqual(known);
  expect(known[2]?.sources[0]).toMatchObject({ source: "replay", replayed: true, quiet: true, since: 7000 });
});

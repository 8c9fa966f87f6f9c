import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFakeSockets, hello, snapshot, tick, update } from "../test/support/fakes.ts";
import { createClient } from "./client.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.unstubAllGlobals());

const events = [
  "message",
  "hello",
  "snapshot",
  "update",
  "bars",
  "quotes",
  "changed",
  "series",
  "state",
  "synced",
] as const;

test.each(["reportError", "console.error"])("a listener that throws harms nobody, and %s tells of it", async (how) => {
  const report = vi.fn();
  if (how === "reportError") vi.stubGlobal("reportError", report);
  else vi.spyOn(console, "error").mockImplementation(report);
  const { WebSocket, last } = createFakeSockets();
  const client = createClient({ url: "http://host/", WebSocket, random: () => 0.5 });
  for (const name of [...events, "sources", "unknown"] as const) {
    client.on(name, () => {
      throw new Error(name);
    });
  }
  const heard: string[] = [];
  for (const name of events) client.on(name, () => heard.push(name));
  client.subscribe({ symbols: ["A"], bars: ["A"] });
  client.connect();
  await vi.dynamicImportSettled();
  last().says(hello());
  await vi.dynamicImportSettled();
  await tick(1);
  last().says(
    { type: "subscribed", symbols: [], unknown: ["A"], rate: 1 },
    snapshot(1, [{ s: "A", p: 1 }]),
    update(2, [{ s: "A", p: 2 }]),
    {
      type: "bars",
      seq: 3,
      time: 1,
      symbol: "A",
      interval: "1m",
      reset: true,
      bars: [{ t: 0, o: 1, h: 1, l: 1, c: 1 }],
    },
  );
  expect(new Set(heard)).toEqual(new Set(events));
  expect(client.state).toMatchObject({ phase: "open", synced: true });
  expect(client.quote("A")).toMatchObject({ last: 2, live: true });
  expect(client.position).toBe("e-2");
  expect(new Set(report.mock.calls.map(([error]) => error.message))).toEqual(
    new Set([...events, "sources", "unknown"]),
  );
  last().breaks();
  await tick(250);
  last().says(hello("e", 3), snapshot(3, [], { resumed: true }));
  expect(client.quote("A")?.live).toBe(true);
});

test("a listener that was taken away, also by the one before it, is not called any more", async () => {
  const { WebSocket, last } = createFakeSockets();
  const client = createClient({ url: "http://host/", WebSocket });
  const second = vi.fn();
  client.on("hello", () => stop());
  const stop = client.on("hello", second);
  client.connect();
  await vi.dynamicImportSettled();
  last().says(hello());
  expect(second).not.toHaveBeenCalled();
});

import { describe, expect, test } from "vitest";
import { createMemory } from "./memory.ts";
import { createSavedStore } from "./watch.ts";

const storage = (initial: Record<string, string> = {}) => {
  const items = new Map(Object.entries(initial));
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
};
const forbidden = () => {
  throw new DOMException("denied", "SecurityError");
};

describe("the remembered transport", () => {
  test("comes back as it was saved, and can be forgotten", () => {
    const store = storage();
    const memory = createMemory(() => store);
    expect(memory.load()).toBeNull();
    memory.save({ transport: "sse", until: 5 });
    expect(memory.load()).toEqual({ transport: "sse", until: 5 });
    memory.save(null);
    expect(memory.load()).toBeNull();
  });

  test.each(['{"transport":"carrier pigeon","until":1}', "nonsense", "3"])("is nothing when it reads %s", (value) => {
    expect(createMemory(() => storage({ "tickertape.transport": value })).load()).toBeNull();
  });
});

describe("the reader's list", () => {
  test("comes back as it was saved", () => {
    const store = storage();
    const saved = createSavedStore(() => store);
    expect(saved.load()).toEqual({ symbols: null, sort: null });
    const choice = { symbols: ["B", "A"], sort: { column: "percent", direction: "descending" } } as const;
    saved.save(choice);
    expect(saved.load()).toEqual(choice);
  });

  test("is what can be read of it", () => {
    const value = JSON.stringify({
      symbols: ["A", 3, "A", "B"],
      sort: { column: "shoe size", direction: "ascending" },
    });
    expect(createSavedStore(() => storage({ "tickertape.watch": value })).load()).toEqual({
      symbols: ["A", "B"],
      sort: null,
    });
  });
});

test("a browser that forbids storage costs the memory, not the page", () => {
  const memory = createMemory(forbidden);
  memory.save(null);
  expect(memory.load()).toBeNull();
  const saved = createSavedStore(forbidden);
  saved.save({ symbols: [], sort: null });
  expect(saved.load()).toEqual({ symbols: null, sort: null });
});

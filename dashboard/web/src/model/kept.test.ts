import { describe, expect, test } from "vitest";
import { defaultLayout, toggleColumn } from "../columns/layout.ts";
import { createSavedStore, nothingSaved, type Saved } from "./kept.ts";

const storage = (initial: Record<string, string> = {}) => {
  const items = new Map(Object.entries(initial));
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
};

describe("what the reader has chosen", () => {
  test("comes back as it was saved", () => {
    const store = storage();
    const saved = createSavedStore(() => store);
    expect(saved.load()).toEqual(nothingSaved);
    const choice: Saved = {
      lists: [{ name: "Mine", symbols: ["B", "A"] }],
      choice: { kind: "own", name: "Mine" },
      sort: { column: "percent", direction: "descending" },
      layout: toggleColumn(defaultLayout, "vwap"),
    };
    saved.save(choice);
    expect(saved.load()).toEqual(choice);
  });

  test("before there were names is a list with one", () => {
    const earlier = JSON.stringify({ symbols: ["A", "B"], sort: { column: "last", direction: "ascending" } });
    expect(createSavedStore(() => storage({ "tickertape.watch": earlier })).load()).toEqual({
      lists: [{ name: "My list", symbols: ["A", "B"] }],
      choice: { kind: "own", name: "My list" },
      sort: { column: "last", direction: "ascending" },
      layout: defaultLayout,
    });
  });

  test("is what can be read of it", () => {
    const value = JSON.stringify({
      lists: [{ name: " A ", symbols: ["A", 3, "A"] }, { name: "", symbols: [] }, 4],
      choice: { kind: "own", name: "gone" },
      sort: { column: "shoe size", direction: "ascending" },
      layout: 3,
    });
    expect(createSavedStore(() => storage({ "tickertape.desk": value })).load()).toEqual({
      ...nothingSaved,
      lists: [{ name: "A", symbols: ["A"] }],
    });
    expect(createSavedStore(() => storage({ "tickertape.desk": "nonsense" })).load()).toEqual(nothingSaved);
  });

  test("is not what the address has brought", () => {
    const store = storage();
    const saved = createSavedStore(() => store);
    saved.save({ ...nothingSaved, choice: { kind: "shared" } });
    expect(saved.load().choice).toBeNull();
  });

  test("holds for this page only where the browser forbids storage", () => {
    const saved = createSavedStore(() => {
      throw new DOMException("denied", "SecurityError");
    });
    saved.save(nothingSaved);
    expect(saved.load()).toEqual(nothingSaved);
  });
});

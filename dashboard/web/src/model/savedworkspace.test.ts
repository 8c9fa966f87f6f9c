import { describe, expect, test } from "vitest";
import { defaultLayout, toggleColumn } from "../columns/layout.ts";
import { createSavedWorkspace, nothingSaved, type SavedWorkspace } from "./savedworkspace.ts";
import { memoryStorage } from "./store.fixture.ts";

describe("what the reader has chosen", () => {
  test("comes back as it was saved", () => {
    const storage = memoryStorage();
    const saved = createSavedWorkspace(() => storage);
    expect(saved.value.value).toEqual(nothingSaved);
    const choice: SavedWorkspace = {
      lists: [{ name: "Mine", symbols: ["B", "A"] }],
      choice: { kind: "own", name: "Mine" },
      sort: { column: "percent", direction: "descending" },
      layout: toggleColumn(defaultLayout, "vwap"),
    };
    saved.update(() => choice);
    expect(createSavedWorkspace(() => storage).value.value).toEqual(choice);
  });

  test("before there were names is a list with one", () => {
    const earlier = JSON.stringify({ symbols: ["A", "B"], sort: { column: "last", direction: "ascending" } });
    expect(createSavedWorkspace(() => memoryStorage({ "tickertape.watch": earlier })).value.value).toEqual({
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
    expect(createSavedWorkspace(() => memoryStorage({ "tickertape.desk": value })).value.value).toEqual({
      ...nothingSaved,
      lists: [{ name: "A", symbols: ["A"] }],
    });
    expect(createSavedWorkspace(() => memoryStorage({ "tickertape.desk": "nonsense" })).value.value).toEqual(
      nothingSaved,
    );
  });

  test("holds for this page only where the browser forbids storage", () => {
    const saved = createSavedWorkspace(() => {
      throw new DOMException("denied", "SecurityError");
    });
    const lists = [{ name: "Mine", symbols: ["A"] }];
    saved.update((now) => ({ ...now, lists }));
    expect(saved.value.value).toEqual({ ...nothingSaved, lists });
  });
});

import { describe, expect, test } from "vitest";
import { defaultLayout, toggleColumn } from "../columns/layout.ts";
import { readEarlier } from "./earlier.ts";
import { memoryRecords, memoryStorage } from "./records.fixture.ts";
import { isWhole } from "./savedrecords.ts";
import { createSavedWorkspace } from "./savedworkspace.ts";
import type { TextStorage } from "./storage.ts";

const visit = (storage: TextStorage, window: TextStorage = memoryStorage()) => {
  const { records: earlier, damaged } = readEarlier(() => storage);
  const records = memoryRecords({ storage: () => storage, earlier, whole: isWhole });
  for (const [key, text] of damaged) records.setAside(key, text);
  return { records, saved: createSavedWorkspace({ records, server: "/", window: () => window }) };
};
const named = ({ saved }: ReturnType<typeof visit>) =>
  saved.lists.value.map(({ name, symbols }) => [name, ...symbols].join(" "));

describe("what the reader has chosen", () => {
  test("comes back as it was saved", () => {
    const storage = memoryStorage();
    const { saved } = visit(storage);
    expect(saved.lists.value).toEqual([]);
    expect([saved.choice.value, saved.sort.value, saved.layout.value]).toEqual([null, null, defaultLayout]);
    saved.make("1", "Mine", ["B", "A"]);
    saved.setChoice({ kind: "own", id: "1" });
    saved.setSort({ column: "percent", direction: "descending" });
    saved.changeLayout((now) => toggleColumn(now, "vwap"));
    const again = visit(storage).saved;
    expect(again.lists.value).toEqual([{ id: "1", name: "Mine", symbols: ["B", "A"] }]);
    expect(again.choice.value).toEqual({ kind: "own", id: "1" });
    expect(again.sort.value).toEqual({ column: "percent", direction: "descending" });
    expect(again.layout.value).toMatchObject({ hidden: toggleColumn(defaultLayout, "vwap").hidden });
  });

  test("is another list in each window, which a reload keeps, and the last one in a new window", () => {
    const [storage, one, other] = [memoryStorage(), memoryStorage(), memoryStorage()];
    visit(storage, one).saved.setChoice({ kind: "server", name: "one" });
    visit(storage, other).saved.setChoice({ kind: "all" });
    expect(visit(storage, one).saved.choice.value).toEqual({ kind: "server", name: "one" });
    expect(visit(storage, other).saved.choice.value).toEqual({ kind: "all" });
    expect(visit(storage).saved.choice.value).toEqual({ kind: "all" });
  });

  test("before there were names is a list with one", () => {
    const earlier = JSON.stringify({ symbols: ["A", "B"], sort: { column: "last", direction: "ascending" } });
    const { saved } = visit(memoryStorage({ "tickertape.watch": earlier }));
    expect(saved.lists.value).toEqual([{ id: "earlier:My list", name: "My list", symbols: ["A", "B"] }]);
    expect(saved.choice.value).toEqual({ kind: "own", id: "earlier:My list" });
    expect(saved.sort.value).toEqual({ column: "last", direction: "ascending" });
  });

  test("in an earlier version stays there for it, and is changed here", () => {
    const text = JSON.stringify({ lists: [{ name: "A", symbols: ["A"] }], choice: { kind: "own", name: "A" } });
    const storage = memoryStorage({ "tickertape.desk": text });
    const { saved } = visit(storage);
    expect(saved.choice.value).toEqual({ kind: "own", id: "earlier:A" });
    saved.edit("earlier:A", (list) => ({ ...list, symbols: [...list.symbols, "B"] }));
    expect(named(visit(storage))).toEqual(["A A B"]);
    saved.remove("earlier:A");
    expect(named(visit(storage))).toEqual([]);
    expect(storage.getItem("tickertape.desk")).toBe(text);
  });

  test("is what can be read of it, and the rest is set aside as text", () => {
    const value = JSON.stringify({
      lists: [{ name: " A ", symbols: ["A", 3, "A"] }, { name: "", symbols: ["B"] }, 4, { symbols: ["C"] }],
      choice: { kind: "own", name: "gone" },
      sort: { column: "shoe size", direction: "ascending" },
      layout: 3,
    });
    const storage = memoryStorage({ "tickertape.desk": value });
    const first = visit(storage);
    expect(named(first)).toEqual(["A A", "My list B", "My list C"]);
    expect(first.saved.sort.value).toBeNull();
    expect(first.records.aside.value?.texts).toEqual({ "tickertape.desk": value });
    expect(visit(memoryStorage({ "tickertape.desk": "nonsense" })).records.aside.value?.texts).toEqual({
      "tickertape.desk": "nonsense",
    });
  });

  test("holds for this page only where the browser forbids storage", () => {
    const forbidden = () => {
      throw new DOMException("denied", "SecurityError");
    };
    const records = memoryRecords({ storage: forbidden, earlier: readEarlier(forbidden).records });
    const saved = createSavedWorkspace({ records, server: "/", window: forbidden });
    saved.make("1", "Mine", ["A"]);
    saved.setChoice({ kind: "own", id: "1" });
    expect(saved.lists.value).toEqual([{ id: "1", name: "Mine", symbols: ["A"] }]);
    expect(saved.choice.value).toEqual({ kind: "own", id: "1" });
    expect(records.failed.value).toBe(true);
  });
});

describe("a deleted list", () => {
  test("comes back where it was, with what another window has added to it", () => {
    const { saved } = visit(memoryStorage());
    for (const id of ["1", "2", "3"]) saved.make(id, id, [id]);
    const was = saved.remove("2");
    expect(saved.lists.value.map(({ id }) => id)).toEqual(["1", "3"]);
    saved.amend("2", (list) => ({ ...list, symbols: [...list.symbols, "X"] }));
    expect(saved.lists.value).toHaveLength(2);
    if (was) saved.restore("2", was);
    expect(saved.lists.value[1]).toEqual({ id: "2", name: "2", symbols: ["2", "X"] });
  });

  test("comes back when it is changed in a window that did not know", () => {
    const { saved } = visit(memoryStorage());
    saved.make("1", "1", ["A"]);
    saved.remove("1");
    saved.edit("1", (list) => ({ ...list, symbols: [...list.symbols, "B"] }));
    expect(saved.lists.value[0]?.symbols).toEqual(["A", "B"]);
  });

  test("is kept until fifty others have been deleted after it", () => {
    const storage = memoryStorage();
    let at = 0;
    const records = memoryRecords({ storage: () => storage });
    const saved = createSavedWorkspace({ records, server: "/", window: () => memoryStorage(), now: () => at++ });
    for (let i = 0; i < 60; i++) saved.make(`${i}`, `${i}`, []);
    for (let i = 0; i < 60; i++) saved.remove(`${i}`);
    const kept = Array.from({ length: storage.length }, (_, i) => storage.key(i)).filter((key) =>
      key?.includes("list/"),
    );
    expect(kept).toHaveLength(50);
    expect(kept).not.toContain("tickertape/%2F/list/9");
    expect(kept).toContain("tickertape/%2F/list/10");
  });
});

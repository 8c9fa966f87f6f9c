import { describe, expect, test } from "vitest";
import { freeName, moveSymbol, putList, readName, sameChoice } from "./lists.ts";

describe("lists", () => {
  test("have names that can be read, and of which there is one each", () => {
    expect(readName("  my \n list ")).toBe("my list");
    expect(readName("  ")).toBeNull();
    expect(readName("x".repeat(41))).toBeNull();
    expect(freeName("a", ["b"])).toBe("a");
    expect(freeName("a", ["a", "a 2"])).toBe("a 3");
  });

  test("are replaced by their name", () => {
    const lists = [
      { name: "a", symbols: ["1"] },
      { name: "b", symbols: [] },
    ];
    expect(putList(lists, { name: "a", symbols: ["2"] })).toEqual([{ name: "a", symbols: ["2"] }, lists[1]]);
    expect(putList(lists, { name: "c", symbols: [] })).toHaveLength(3);
  });

  test("can be put in order", () => {
    expect(moveSymbol(["a", "b", "c"], "a", "c")).toEqual(["b", "c", "a"]);
    expect(moveSymbol(["a", "b", "c"], "c", "a")).toEqual(["c", "a", "b"]);
    expect(moveSymbol(["a"], "a", "z")).toEqual(["a"]);
  });

  test("are told apart by kind and name", () => {
    expect(sameChoice({ kind: "own", name: "a" }, { kind: "own", name: "a" })).toBe(true);
    expect(sameChoice({ kind: "own", name: "a" }, { kind: "server", name: "a" })).toBe(false);
    expect(sameChoice({ kind: "all" }, null)).toBe(false);
  });
});

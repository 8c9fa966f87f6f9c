import { describe, expect, test } from "vitest";
import { freeName, placeOf, putAt, readName, sameChoice } from "./lists.ts";

describe("lists", () => {
  test("have names that can be read, and of which there is one each", () => {
    expect(readName("  my \n list ")).toBe("my list");
    expect(readName("  ")).toBeNull();
    expect(readName("x".repeat(41))).toBeNull();
    expect(freeName("a", ["b"])).toBe("a");
    expect(freeName("a", ["a", "a 2"])).toBe("a 3");
  });

  test("take a symbol back where it was, as far as its neighbours are there", () => {
    const place = placeOf(["a", "b", "c"], "b");
    expect(putAt(["a", "c"], "b", place)).toEqual(["a", "b", "c"]);
    expect(putAt(["x", "a", "y", "c"], "b", place)).toEqual(["x", "a", "b", "y", "c"]);
    expect(putAt(["x", "y", "c"], "b", place)).toEqual(["x", "y", "b", "c"]);
    expect(putAt(["x", "y"], "b", place)).toEqual(["x", "b", "y"]);
    expect(putAt([], "b", place)).toEqual(["b"]);
    expect(putAt(["b", "c", "a"], "b", place)).toEqual(["c", "a", "b"]);
  });

  test("are told apart by kind and name, the reader's own by id", () => {
    expect(sameChoice({ kind: "own", id: "a" }, { kind: "own", id: "a" })).toBe(true);
    expect(sameChoice({ kind: "own", id: "a" }, { kind: "own", id: "b" })).toBe(false);
    expect(sameChoice({ kind: "sector", name: "a" }, { kind: "server", name: "a" })).toBe(false);
    expect(sameChoice({ kind: "all" }, null)).toBe(false);
  });
});

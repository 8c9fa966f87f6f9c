import { describe, expect, test } from "vitest";
import { readClosing } from "./closing.ts";

describe("a close", () => {
  test.each([1000, 1006, 1012, 1013])("%d means come back", (code) => {
    expect(readClosing(code, "").comeBack).toBe(true);
  });

  test("1008 means stop", () => expect(readClosing(1008, "").comeBack).toBe(false));

  test("may name the delay", () => {
    expect(readClosing(1012, "retry_ms=1234").within).toBe(1234);
    expect(readClosing(1013, "full retry_ms=99 thanks").within).toBe(99);
    expect(readClosing(1012, "retry_ms=soon")).toHaveProperty("within", undefined);
  });
});

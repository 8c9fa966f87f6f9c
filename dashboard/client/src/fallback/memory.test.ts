import { describe, expect, test } from "vitest";
import { createMemory } from "./memory.ts";

const storage = (initial: Record<string, string> = {}) => {
  const items = new Map(Object.entries(initial));
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
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

  test.each(['{"transport":"sse"}', '{"until":1}', "nonsense", "3", "null"])("is nothing when it reads %s", (value) => {
    expect(createMemory(() => storage({ "tickertape.transport": value })).load()).toBeNull();
  });

  test("that the browser forbids costs the memory, not the page", () => {
    const memory = createMemory(() => {
      throw new DOMException("denied", "SecurityError");
    });
    memory.save(null);
    expect(memory.load()).toBeNull();
  });
});

// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import { longestRise, type Placed, putInOrder } from "./order.ts";

test.each([
  [[], []],
  [[3], [0]],
  [
    [0, 1, 2],
    [0, 1, 2],
  ],
  [[2, 1, 0], [2]],
  [
    [1, 2, 3, 0],
    [0, 1, 2],
  ],
  [
    [3, 0, 1, 2],
    [1, 2, 3],
  ],
  [
    [-1, 4, -1, 1, 2, -1, 3],
    [3, 4, 6],
  ],
])("the longest rise of %j is at %j", (numbers, places) => {
  expect([...longestRise(numbers)].sort((a, b) => a - b)).toEqual(places);
});

const make = (count: number) =>
  Array.from({ length: count }, (_, index): Placed => {
    const element = document.createElement("div");
    element.textContent = String(index);
    return { element, place: -1, index };
  });

test("elements come into order, whatever it was, and few are moved", () => {
  const parent = document.createElement("div");
  const moves = vi.spyOn(parent, "insertBefore");
  const all = make(30);
  const put = (order: readonly Placed[]): number => {
    moves.mockClear();
    for (const one of all) {
      if (order.includes(one)) continue;
      one.element.remove();
      one.place = -1;
    }
    putInOrder(parent, order);
    expect([...parent.children]).toEqual(order.map(({ element }) => element));
    return moves.mock.calls.length;
  };
  expect(put(all)).toBe(30);
  expect(put(all)).toBe(0);
  expect(put([...all.slice(3), ...all.slice(0, 3)])).toBe(3); // scrolled by three rows
  expect(put(all)).toBe(3); // and back
  expect(put(all.slice(5))).toBe(0); // five are gone
  expect(put(all)).toBe(5);
  for (let round = 0; round < 50; round++) {
    const shuffled = all
      .filter(() => Math.random() < 0.8)
      .map((one) => ({ one, at: Math.random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ one }) => one);
    put(shuffled);
  }
});

// @vitest-environment happy-dom
import fc from "fast-check";
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
  fc.assert(
    fc.property(fc.shuffledSubarray(all), (some) => void put(some)),
    { seed: 1 },
  );
});

test("selected text stays selected in an element that is moved", () => {
  const parent = document.createElement("div");
  document.body.append(parent);
  const all = make(5);
  putInOrder(parent, all);
  const [first, last] = [all[1]?.element.firstChild, all[3]?.element.firstChild];
  if (!first || !last) throw new Error("no text");
  const selection = document.getSelection();
  selection?.setBaseAndExtent(last, 1, first, 0); // from the end to the beginning
  const insert = parent.insertBefore.bind(parent);
  vi.spyOn(parent, "insertBefore").mockImplementation((node, before) => {
    if (node.contains(selection?.anchorNode ?? null)) selection?.collapse(parent, 0); // as browsers do
    return insert(node, before);
  });
  putInOrder(parent, [...all].reverse());
  expect([selection?.anchorNode, selection?.anchorOffset]).toEqual([last, 1]);
  expect([selection?.focusNode, selection?.focusOffset]).toEqual([first, 0]);
  parent.remove();
});

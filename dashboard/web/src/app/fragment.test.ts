// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFragment, readFragment } from "./fragment.ts";

/** The history as browsers have it: a step back is done some time later. */
let entries: string[];
let back: () => void;
beforeEach(() => {
  entries = ["/"];
  vi.stubGlobal("location", { hash: "", pathname: "/", search: "" });
  const look = () => {
    location.hash = /#.*$/.exec(entries.at(-1) ?? "")?.[0] ?? "";
  };
  vi.stubGlobal("history", {
    pushState: (_: unknown, __: string, url: string) => {
      entries.push(url);
      look();
    },
    replaceState: (_: unknown, __: string, url: string) => {
      entries.splice(-1, 1, url);
      look();
    },
    back: vi.fn(),
  });
  back = () => {
    entries.pop();
    look();
    dispatchEvent(new Event("popstate"));
  };
});
afterEach(() => vi.unstubAllGlobals());

test("what is opened is one step of the history, whatever it is", () => {
  const fragment = createFragment();
  fragment.open("A");
  fragment.open("B");
  expect(entries).toEqual(["/", "/#B"]);
  back();
  expect(fragment.symbol.value).toBeNull();
});

test("what is opened before the step back that has closed another is done, stays open", () => {
  const fragment = createFragment();
  fragment.open("A");
  fragment.close();
  expect(history.back).toHaveBeenCalledTimes(1);
  fragment.open("B");
  fragment.open("C");
  back();
  expect(fragment.symbol.value).toBe("C");
  expect(entries).toEqual(["/", "/#C"]);
  fragment.close();
  fragment.open("D");
  fragment.close();
  expect(history.back).toHaveBeenCalledTimes(2);
  back();
  expect(fragment.symbol.value).toBeNull();
  expect(entries).toEqual(["/"]);
});

test("what is passed is shown at once, and written down and settled when the reader rests", () => {
  vi.useFakeTimers();
  const replaced = vi.spyOn(history, "replaceState");
  const fragment = createFragment();
  fragment.pass("A"); // nothing is open
  expect(fragment.symbol.value).toBeNull();
  fragment.open("A");
  replaced.mockClear();
  for (let i = 0; i < 500; i++) {
    fragment.pass(`B${i}`);
    vi.advanceTimersByTime(30);
  }
  expect([fragment.symbol.value, fragment.settled.value, replaced.mock.calls.length]).toEqual(["B499", "A", 0]);
  vi.advanceTimersByTime(150);
  expect([fragment.settled.value, replaced.mock.calls.length, entries]).toEqual(["B499", 1, ["/", "/#B499"]]);
  fragment.pass("C");
  fragment.close();
  expect(fragment.settled.value).toBeNull();
  vi.advanceTimersByTime(150);
  back();
  expect([fragment.symbol.value, fragment.settled.value, entries]).toEqual([null, null, ["/"]]);
  vi.useRealTimers();
});

test("a fragment names one symbol, as it is written", () => {
  expect(readFragment("#BRK.B")).toBe("BRK.B");
  expect(readFragment("#%5Egspc")).toBe("^gspc");
  expect(readFragment("#M&M")).toBe("M&M");
  expect(readFragment("#A%23B")).toBe("A#B");
  for (const hash of ["", "#", "#a b", "#%", "#*", "#A,B"]) expect(readFragment(hash)).toBeNull();
});

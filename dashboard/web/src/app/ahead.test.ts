// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createShellState, type Services } from "../view/services.ts";
import { keepKeys } from "./ahead.ts";

let stop = () => {};
const shell = createShellState();
beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = "";
  shell.dialog.value = "import"; // its script is on its way
  stop = keepKeys({ shell, detail: signal(null) } as unknown as Services);
});
afterEach(() => stop());

/** Whether the key is kept from the browser. */
const press = (key: string, init: KeyboardEventInit = {}) =>
  !document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init }));

test("what is typed while a dialog is on its way is kept for it, in order", async () => {
  for (const key of ["a", "é", " ", "Enter", "Backspace", "ArrowDown", "Home", "End"]) expect(press(key)).toBe(true);
  const seen: string[] = [];
  document.body.innerHTML = "<dialog open><button></button></dialog>";
  const button = document.querySelector("button");
  button?.addEventListener("keydown", ({ key }) => seen.push(key));
  button?.addEventListener("click", () => seen.push("click"));
  button?.focus();
  await vi.runAllTimersAsync();
  expect(seen).toEqual(["a", "é", " ", "click", "Backspace", "ArrowDown", "Home", "End"]);
  expect(press("a")).toBe(false);
});

test("the keys of the browser stay with it", () => {
  for (const key of ["F5", "F11", "F12", "Tab", "Shift", "Meta", "BrowserBack", "AudioVolumeUp", "PageDown", "Dead"])
    expect([key, press(key)]).toEqual([key, false]);
  expect(press("r", { ctrlKey: true })).toBe(false);
});

test("Escape takes back what is on its way", () => {
  press("a");
  expect(press("Escape")).toBe(true);
  expect(shell.dialog.value).toBeNull();
});

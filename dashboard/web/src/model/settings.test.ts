import { expect, test } from "vitest";
import { createSettings, defaultSettings, rateOf, readSettings } from "./settings.ts";
import { memoryStorage } from "./store.fixture.ts";

test("settings come back as they were set", () => {
  const kept = memoryStorage();
  const settings = createSettings(() => kept);
  expect(settings.value.value).toEqual(defaultSettings);
  settings.update((now) => ({ ...now, theme: "dark", rate: "0.2" }));
  expect(createSettings(() => kept).value.value).toEqual({ ...defaultSettings, theme: "dark", rate: "0.2" });
});

test("what is none of the choices is the default", () => {
  expect(readSettings({ theme: "pink", density: "roomy", flash: true })).toEqual({
    ...defaultSettings,
    density: "roomy",
  });
  expect(createSettings(() => memoryStorage({ "tickertape.settings": "{" })).value.value).toEqual(defaultSettings);
});

test("without a storage they hold for this page", () => {
  const settings = createSettings(() => {
    throw new DOMException("denied", "SecurityError");
  });
  settings.update((now) => ({ ...now, density: "roomy" }));
  expect(settings.value.value.density).toBe("roomy");
});

test("the rate is in updates a second", () => {
  expect(rateOf(defaultSettings)).toBeNull();
  expect(rateOf({ ...defaultSettings, rate: "0.2" })).toBe(0.2);
});

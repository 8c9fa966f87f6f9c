import { expect, test } from "vitest";
import { readEarlier } from "./earlier.ts";
import { createHistory } from "./history.ts";
import { createNotes } from "./notes.ts";
import { memoryRecords, memoryStorage } from "./records.fixture.ts";
import { createSettings, defaultSettings, rateOf, readSettings } from "./settings.ts";
import type { TextStorage } from "./storage.ts";

const open = (storage: TextStorage) => {
  const records = memoryRecords({ storage: () => storage, earlier: readEarlier(() => storage).records });
  const notes = createNotes();
  const history = createHistory({ notes });
  return { settings: createSettings({ records, history }), history, notes };
};

test("settings come back as they were set", () => {
  const kept = memoryStorage();
  const { settings } = open(kept);
  expect(settings.value.value).toEqual(defaultSettings);
  settings.update((now) => ({ ...now, theme: "dark", rate: "0.2" }));
  expect(open(kept).settings.value.value).toEqual({ ...defaultSettings, theme: "dark", rate: "0.2" });
});

test("those of an earlier version hold until they are changed", () => {
  const kept = memoryStorage({ "tickertape.settings": JSON.stringify({ theme: "light", density: "roomy" }) });
  expect(open(kept).settings.value.value).toMatchObject({ theme: "light", density: "roomy" });
  open(kept).settings.update((now) => ({ ...now, theme: "dark" }));
  expect(open(kept).settings.value.value).toMatchObject({ theme: "dark", density: "roomy" });
});

test("each is changed by itself, and undone by itself", () => {
  const kept = memoryStorage();
  const [a, b] = [open(kept), open(kept)];
  a.settings.update((now) => ({ ...now, theme: "dark" }));
  b.settings.update((now) => ({ ...now, density: "roomy" })); // does not know yet of the theme
  expect(open(kept).settings.value.value).toMatchObject({ theme: "dark", density: "roomy" });
  a.history.undo();
  expect(open(kept).settings.value.value).toMatchObject({ theme: "system", density: "roomy" });
});

test("a note calls a setting what the dialog calls it", () => {
  const { settings, history, notes } = open(memoryStorage());
  settings.update((now) => ({ ...now, scheme: "blue-orange" }));
  history.undo();
  expect(notes.current.value?.text).toBe("Undone: Setting “Up and down” changed.");
});

test("a stored value that holds no settings is left behind", () => {
  const kept = memoryStorage({
    "tickertape/%2F/settings": JSON.stringify({ version: 2, stamps: {}, value: ["dark"] }),
  });
  open(kept).settings.update((now) => ({ ...now, theme: "dark" }));
  const { value } = JSON.parse(kept.getItem("tickertape/%2F/settings") ?? "");
  expect(value).toEqual({ theme: "dark" });
});

test("what is none of the choices is the default, and stays for the version that knows it", () => {
  expect(readSettings({ theme: "pink", density: "roomy", flash: true })).toEqual({
    ...defaultSettings,
    density: "roomy",
  });
  const kept = memoryStorage({ "tickertape.settings": JSON.stringify({ interval: "1w", sound: "loud" }) });
  open(kept).settings.update((now) => ({ ...now, theme: "dark" }));
  expect(JSON.parse(kept.getItem("tickertape/%2F/settings") ?? "")).toMatchObject({
    value: { interval: "1w", sound: "loud", theme: "dark" },
  });
});

test("the rate is in updates a second", () => {
  expect(rateOf(defaultSettings)).toBeNull();
  expect(rateOf({ ...defaultSettings, rate: "0.2" })).toBe(0.2);
});

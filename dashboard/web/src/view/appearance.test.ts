// @vitest-environment happy-dom
import { signal } from "@preact/signals-core";
import { expect, test } from "vitest";
import { defaultSettings } from "../model/settings.ts";
import { followAppearance } from "./appearance.ts";

test("the browser's own bars have the colour of the chosen theme, and their own without one", () => {
  document.head.innerHTML = '<meta name="theme-color" content="white"><meta name="theme-color" content="black">';
  const colours = () => [...document.querySelectorAll("meta")].map((meta) => meta.content);
  const root = document.documentElement;
  root.style.setProperty("--surface", "rgb(17, 20, 26)");
  const settings = signal(defaultSettings);
  const stop = followAppearance(settings);
  expect([root.dataset["theme"], colours()]).toEqual([undefined, ["white", "black"]]);
  settings.value = { ...defaultSettings, theme: "dark" };
  expect([root.dataset["theme"], colours()]).toEqual(["dark", ["rgb(17, 20, 26)", "rgb(17, 20, 26)"]]);
  settings.value = defaultSettings;
  expect([root.dataset["theme"], colours()]).toEqual([undefined, ["white", "black"]]);
  stop();
});

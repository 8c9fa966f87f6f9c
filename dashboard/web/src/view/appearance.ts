import { effect, type ReadonlySignal } from "@preact/signals";
import type { Settings } from "../model/settings.ts";

/** Puts the settings on the root element, where the stylesheets find them. Returns what ends that. */
export const followAppearance = (settings: ReadonlySignal<Settings>): (() => void) =>
  effect(() => {
    const root = document.documentElement;
    const { theme, scheme, density } = settings.value;
    if (theme === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = theme;
    root.dataset["scheme"] = scheme;
    root.dataset["density"] = density;
    const surface = getComputedStyle(root).getPropertyValue("--surface-used").trim();
    for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
      if (theme !== "system" && surface) meta.setAttribute("content", surface);
    }
  });

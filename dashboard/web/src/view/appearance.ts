import { effect, type ReadonlySignal } from "@preact/signals";
import type { Settings } from "../model/settings.ts";

/**
 * Puts the settings on the root element, where the stylesheets find them, and gives the browser's own bars the colour
 * of the theme. Returns the function that stops it.
 */
export function followAppearance(settings: ReadonlySignal<Settings>): () => void {
  const root = document.documentElement;
  const bars = [...document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')].map((meta) => ({
    meta,
    usual: meta.content, // each is for one of the system's colour schemes
  }));
  return effect(() => {
    const { theme, scheme, density } = settings.value;
    if (theme === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = theme;
    root.dataset["scheme"] = scheme;
    root.dataset["density"] = density;
    const surface = getComputedStyle(root).getPropertyValue("--surface").trim();
    for (const { meta, usual } of bars) meta.content = theme === "system" || surface === "" ? usual : surface;
  });
}

import { effect, type ReadonlySignal } from "@preact/signals";
import type { Settings } from "../model/settings.ts";

/**
 * Puts the settings on the root element, where the style sheet finds them, and tells when the page looks another
 * way: by the settings or by the system. Returns what ends that.
 */
export function followAppearance(settings: ReadonlySignal<Settings>, changed: () => void): () => void {
  const root = document.documentElement;
  const stop = effect(() => {
    const { theme, scheme, density } = settings.value;
    if (theme === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = theme;
    root.dataset["scheme"] = scheme;
    root.dataset["density"] = density;
    const surface = getComputedStyle(root).getPropertyValue("--surface-used").trim();
    for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
      if (theme !== "system" && surface) meta.setAttribute("content", surface);
    }
    changed();
  });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", changed);
  return () => {
    stop();
    dark.removeEventListener("change", changed);
  };
}

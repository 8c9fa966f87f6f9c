import type { Plugin } from "vite";

/**
 * Has parts of the page fetched without what Vite does before: it would ask for their styles and for what they import at the
 * same time. They have no styles of their own, and almost all that they import is there already. It saves a kilobyte of script.
 */
export const withoutPreload = (): Plugin => ({
  name: "without-preload",
  apply: "build",
  enforce: "pre",
  load: (id) => (id.endsWith("vite/preload-helper.js") ? "export const __vitePreload = (load) => load();" : null),
});

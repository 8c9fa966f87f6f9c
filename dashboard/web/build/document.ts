import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugin } from "vite";

/** Ships a document of the repository beside the page, so that the page can link to it. */
export function shipDocument(options: { readonly from: string; readonly file: string }): Plugin {
  let path = "";
  return {
    name: "ship-document",
    apply: "build",
    configResolved(config) {
      path = resolve(config.root, options.from);
    },
    generateBundle() {
      if (!existsSync(path)) {
        this.warn(`${options.from} is missing: the page's link to it leads nowhere`);
        return;
      }
      this.emitFile({ type: "asset", fileName: options.file, source: readFileSync(path) });
    },
  };
}

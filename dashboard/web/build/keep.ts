import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** Puts back the placeholder that the build has deleted: Go embeds the directory also where no page has been built. */
export function keepFile(name: string): Plugin {
  let directory = "";
  return {
    name: "keep-file",
    apply: "build",
    configResolved(config) {
      directory = join(config.root, config.build.outDir);
    },
    closeBundle() {
      closeSync(openSync(join(directory, name), "a"));
    },
  };
}

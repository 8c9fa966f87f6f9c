import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** Puts back the placeholder that emptying the output directory took away: Go embeds the directory unbuilt, too. */
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

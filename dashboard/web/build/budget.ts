import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`;

/** Fails the build when the scripts outgrow their budget, in bytes after gzip. */
export function sizeBudget(options: { readonly initial: number; readonly other: number }): Plugin {
  return {
    name: "size-budget",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const first = new Set<string>();
      const visit = (name: string) => {
        const chunk = bundle[name];
        if (chunk?.type !== "chunk" || first.has(name)) return;
        first.add(name);
        for (const dependency of chunk.imports) visit(dependency);
      };
      for (const [name, chunk] of Object.entries(bundle)) if (chunk.type === "chunk" && chunk.isEntry) visit(name);

      let initial = 0;
      for (const [name, chunk] of Object.entries(bundle)) {
        if (chunk.type === "asset" && name.endsWith(".js")) initial += gzipSync(chunk.source).length; // it blocks the page
        if (chunk.type === "asset") continue;
        const size = gzipSync(chunk.code).length;
        if (first.has(name)) initial += size;
        else if (size > options.other) this.error(`${name} is ${kib(size)}, its budget ${kib(options.other)}`);
      }
      if (initial > options.initial)
        this.error(`initial script is ${kib(initial)}, its budget ${kib(options.initial)}`);
      this.info(`initial script ${kib(initial)} of ${kib(options.initial)}`);
    },
  };
}

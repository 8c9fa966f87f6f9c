import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Fails the build when a file of the library is larger than its limit, or all are together, in bytes after gzip. */
export function sizeBudget(limit: { readonly file: number; readonly all: number }): Plugin {
  return {
    name: "size-budget",
    writeBundle(_, bundle) {
      let all = 0;
      for (const [file, part] of Object.entries(bundle)) {
        const bytes = gzipSync(part.type === "chunk" ? part.code : part.source, { level: 9 }).length;
        all += bytes;
        if (bytes > limit.file)
          this.error(`${file} has ${bytes} bytes after gzip, more than the ${limit.file} of a file`);
        this.info(`${file}: ${bytes} of ${limit.file} bytes after gzip`);
      }
      if (all > limit.all)
        this.error(`all files have ${all} bytes after gzip, more than the ${limit.all} that they may have`);
      this.info(`all files: ${all} of ${limit.all} bytes after gzip`);
    },
  };
}

import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Fails the build when the library is larger than the limit, in bytes after gzip. */
export function sizeBudget(limit: number): Plugin {
  return {
    name: "size-budget",
    writeBundle(_, bundle) {
      for (const [file, part] of Object.entries(bundle)) {
        const bytes = gzipSync(part.type === "chunk" ? part.code : part.source, { level: 9 }).length;
        if (bytes > limit) this.error(`${file} has ${bytes} bytes after gzip, more than the ${limit} that it may have`);
        this.info(`${file}: ${bytes} of ${limit} bytes after gzip`);
      }
    },
  };
}

import { defineConfig } from "vitest/config";
import { clientLibrary } from "./build/alias.ts";

/** Tests against the real binary; one file at a time, since each drives a browser or a server of its own. */
export default defineConfig({
  resolve: { alias: clientLibrary },
  test: {
    include: ["test/**/*.test.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

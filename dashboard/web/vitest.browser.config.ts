import { defineConfig } from "vitest/config";

/** Tests against the real binary; one file at a time, since each drives a browser or a server of its own. */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

import { defineConfig } from "vitest/config";
import { clientLibrary } from "./build/alias.ts";

/** Tests against the real binary, two files at a time, each with a browser or servers of its own. */
export default defineConfig({
  resolve: { alias: clientLibrary },
  test: {
    include: ["test/**/*.test.ts"],
    environment: "node",
    maxWorkers: 2, // most of the time they wait
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A second, which it is otherwise, is as old as the server's metrics may be, and short for a busy machine.
    expect: { poll: { timeout: 20_000 } },
  },
});

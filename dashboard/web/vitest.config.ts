import { defineConfig } from "vitest/config";
import { clientLibrary } from "./build/alias.ts";

export default defineConfig({
  resolve: { alias: clientLibrary },
  test: {
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});

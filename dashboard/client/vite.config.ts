import { join, relative } from "node:path";
import { defineConfig } from "vite";
import { sizeBudget } from "./build/budget.ts";

const source = join(import.meta.dirname, "src");
/** Loaded when they are needed, or an entry of its own; everything else is one file. */
const lazy = /^(?:tabs|fallback|series|subscriptions)\/|^latency\.ts$|codec/;

export default defineConfig({
  build: {
    lib: { entry: { client: "src/index.ts", latency: "src/latency.ts" }, formats: ["es"] },
    target: "es2022",
    reportCompressedSize: false,
    rolldownOptions: {
      optimization: { inlineConst: { mode: "all", pass: 3 } }, // a constant is shorter than its name and its place
      preserveEntrySignatures: "allow-extension",
      output: {
        topLevelVar: false, // only a `const` can be put in where it is used
        minify: true, // of a library only the names are made short otherwise
        comments: false,
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        codeSplitting: {
          groups: [
            { name: "client", test: (file) => !lazy.test(relative(source, file)) },
            { name: "subscriptions", test: (file) => /^subscriptions\/|codec/.test(relative(source, file)) },
          ],
        },
      },
    },
  },
  plugins: [sizeBudget({ file: 6100, all: 19_000 })],
});

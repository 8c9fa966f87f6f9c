import { defineConfig } from "vite";
import { sizeBudget } from "./build/budget.ts";

export default defineConfig({
  build: {
    lib: { entry: { client: "src/index.ts", latency: "src/latency.ts" }, formats: ["es"] },
    target: "es2022",
    reportCompressedSize: false,
    rolldownOptions: {
      optimization: { inlineConst: { mode: "all", pass: 3 } }, // a constant is shorter than its name and its place
      preserveEntrySignatures: "allow-extension",
      output: {
        minify: true, // of a library only the names are made short otherwise
        comments: false,
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        codeSplitting: {
          groups: [
            {
              name: "client",
              // By the file's own name: wherever the folder lies.
              test: /\/(?!page|share|lifecycle|retell|fallback|ladder|memory|query|sse|poll|eventstream|beat|series|ledger|latency)[^/]+$/,
            },
          ],
        },
      },
    },
  },
  plugins: [sizeBudget({ file: 6000, all: 12_600 })],
});

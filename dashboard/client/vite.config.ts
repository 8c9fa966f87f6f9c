import { defineConfig } from "vite";
import { sizeBudget } from "./build/budget.ts";

export default defineConfig({
  build: {
    lib: { entry: "src/index.ts", formats: ["es"], fileName: () => "client.js" },
    target: "es2022",
    reportCompressedSize: false,
    rolldownOptions: {
      preserveEntrySignatures: "allow-extension",
      output: {
        minify: true, // of a library only the names are made short otherwise
        chunkFileNames: "[name].js",
        codeSplitting: {
          groups: [
            {
              name: "client",
              test: /src\/(?!page|share|lifecycle|retell|fallback|ladder|memory|query|sse|poll|eventstream|beat|series|ledger|latency)/,
            },
          ],
        },
      },
    },
  },
  plugins: [sizeBudget(7 * 1024)],
});

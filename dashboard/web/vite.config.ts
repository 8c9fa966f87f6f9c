import { defineConfig } from "vite";
import { clientLibrary } from "./build/alias.ts";
import { blockingScript } from "./build/blocking.ts";
import { sizeBudget } from "./build/budget.ts";
import { shipDocument } from "./build/document.ts";
import { keepFile } from "./build/keep.ts";
import { licences } from "./build/licences.ts";
import { withoutPreload } from "./build/preload.ts";

const server = process.env["TICKERTAPE_SERVER"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "./",
  resolve: { alias: clientLibrary },
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2022",
    // The page is served with a policy that forbids inline script and style, data: fonts included.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(
      ["/ws", "/events", "/api", "/healthz", "/metrics"].map((path) => [path, { target: server, ws: path === "/ws" }]),
    ),
  },
  plugins: [
    withoutPreload(),
    blockingScript({ entry: "src/app/look.ts", name: "look" }),
    shipDocument({ from: "../../broadcast/PROTOCOL.md", file: "protocol.txt" }),
    licences({ file: "licenses.txt" }),
    sizeBudget({ initial: 46 * 1024, other: 60 * 1024 }),
    keepFile(".gitkeep"),
  ],
});

import { createHash } from "node:crypto";
import { build, type Plugin } from "vite";

/**
 * Builds a small script that the browser runs before it draws the page, and puts it at the head of the document. It is a
 * file of its own since the page's policy forbids scripts in the document, and not a module since modules run later.
 */
export function blockingScript(options: { readonly entry: string; readonly name: string }): Plugin {
  let path = "";
  return {
    name: "blocking-script",
    async buildStart() {
      if (this.meta.watchMode) return; // the development server draws without it
      const built = await build({
        configFile: false,
        logLevel: "warn",
        build: {
          write: false,
          target: "es2022",
          lib: { entry: options.entry, formats: ["iife"], name: options.name },
        },
      });
      const [output] = [built].flat();
      const code = output && "output" in output ? output.output[0].code : "";
      const hash = createHash("sha256").update(code).digest("base64url").slice(0, 8);
      path = `assets/${options.name}-${hash}.js`;
      this.emitFile({ type: "asset", fileName: path, source: code });
    },
    transformIndexHtml: () =>
      path === "" ? [] : [{ tag: "script", attrs: { src: `./${path}` }, injectTo: "head-prepend" }],
  };
}

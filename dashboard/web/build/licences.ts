import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { supplied } from "./supplied.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly homepage?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const readManifest = (directory: string): Manifest =>
  JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;

/** The packages that are shipped: the dependencies of the root, and theirs. */
function shipped(root: string): readonly Manifest[] {
  const found = new Map<string, Manifest>();
  const visit = (manifest: Manifest) => {
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      if (found.has(name)) continue;
      const dependency = readManifest(join(root, "node_modules", name));
      found.set(name, dependency);
      visit(dependency);
    }
  };
  visit(readManifest(root));
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function section(root: string, manifest: Manifest): string {
  const directory = join(root, "node_modules", manifest.name);
  const files = readdirSync(directory).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const more = supplied[manifest.name];
  if (files.length === 0 && more === undefined) throw new Error(`${manifest.name}: ships no licence text`);
  const title = `${manifest.name} ${manifest.version} (${manifest.license ?? "see below"})`;
  const texts = files.sort().map((file) => readFileSync(join(directory, file), "utf8").trim());
  if (more !== undefined) texts.push(more);
  return [title, "-".repeat(title.length), manifest.homepage ?? "", ...texts]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** Emits the licence texts of everything that is shipped; a package without one fails the build. */
export function licences(options: { readonly file: string }): Plugin {
  let root = "";
  return {
    name: "licences",
    apply: "build",
    configResolved(config) {
      root = config.root;
    },
    generateBundle() {
      const intro =
        "This page is built with the following software and fonts. We thank their authors.\nThe licences of what the server is built with are beside this file, in licenses-go.txt.";
      const source = [intro, ...shipped(root).map((manifest) => section(root, manifest))].join("\n\n\n");
      this.emitFile({ type: "asset", fileName: options.file, source: `${source}\n` });
    },
  };
}

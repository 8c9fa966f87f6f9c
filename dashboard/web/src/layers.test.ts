import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import {
  isFunctionLikeDeclaration,
  isStringLiteral,
  type Node,
  type SourceFile,
  SyntaxKind,
} from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";
import { describe, expect, test } from "vitest";

/*
 * The layers of the page. Each line may import the lines below it, and files of its own line, types included; nothing
 * imports upwards, and no imports run in a circle. A name that ends in a slash is a folder; the longest name that fits
 * says where a file belongs.
 */
const layers: readonly (readonly string[])[] = [
  ["app/"],
  ["view/"],
  ["view/detail/", "view/dialogs/", "view/menus/", "view/print/"],
  ["view/chart/"],
  [
    "view/services.ts",
    "view/icons.tsx",
    "view/backdrop.tsx",
    "view/frame.ts",
    "view/later.ts",
    "view/shown.ts",
    "view/rows.ts",
    "view/absence.ts",
  ],
  ["view/grid/"],
  ["model/"],
  ["columns/"],
  ["format.ts"],
];

const longest = 150; // lines of a function, from the line that opens it to the one that closes it

interface Module {
  readonly name: string;
  /** What it imports by a path, a value or a type, by names relative to src; packages are not among them. */
  readonly imports: readonly string[];
  readonly functions: readonly { readonly line: number; readonly length: number }[];
}

const layerOf = (name: string, table: readonly (readonly string[])[]): number => {
  let [best, length] = [-1, 0];
  for (const [layer, parts] of table.entries()) {
    for (const part of parts) {
      const fits = part.endsWith("/") ? name.startsWith(part) : name === part;
      if (fits && part.length > length) [best, length] = [layer, part.length];
    }
  }
  return best;
};

/** What is wrong with these modules, a line each; nothing when all is well. */
function faults(modules: readonly Module[], table = layers): readonly string[] {
  const found: string[] = [];
  for (const { name, imports, functions } of modules) {
    const from = layerOf(name, table);
    if (from < 0) found.push(`${name} belongs to no layer`);
    for (const to of imports) {
      if (to.startsWith("../") && !name.includes(".fixture.")) found.push(`${name} imports from outside: ${to}`);
      const layer = layerOf(to, table);
      if (layer >= 0 && layer < from) found.push(`${name} imports upwards: ${to}`);
    }
    for (const { line, length } of functions)
      if (length > longest) found.push(`${name}:${line} is a function of ${length} lines`);
  }
  const byName = new Map(modules.map((module) => [module.name, module]));
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]) => {
    const at = path.indexOf(name);
    if (at >= 0) found.push(`circle: ${[...path.slice(at), name].join(" → ")}`);
    if (at >= 0 || done.has(name)) return;
    for (const next of byName.get(name)?.imports ?? []) visit(next, [...path, name]);
    done.add(name);
  };
  for (const { name } of modules) visit(name, []);
  return found;
}

const folder = fileURLToPath(new URL(".", import.meta.url));

/** Where the name of a module can stand: import and export … from, import(), import("…").Type. */
const importing: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.ImportDeclaration,
  SyntaxKind.ExportDeclaration,
  SyntaxKind.CallExpression,
  SyntaxKind.LiteralType,
]);

/** The module as the compiler reads it. */
function read(file: string, source: SourceFile): Module {
  const imports = new Set<string>();
  const functions: { line: number; length: number }[] = [];
  const visit = (node: Node) => {
    if (isStringLiteral(node) && node.text.startsWith(".") && importing.has(node.parent.kind)) {
      imports.add(relative(folder, fileURLToPath(new URL(node.text, `file://${file}`))));
    }
    if (isFunctionLikeDeclaration(node)) {
      const start = node.getStart(source);
      const length = source.text.slice(start, node.end).split("\n").length;
      functions.push({ line: source.text.slice(0, start).split("\n").length, length });
    }
    node.forEachChild(visit);
  };
  visit(source);
  return { name: file.slice(folder.length), imports: [...imports], functions };
}

function readModules(): readonly Module[] {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const api = new API({ cwd: root });
  try {
    const config = `${root}tsconfig.json`;
    const program = api.updateSnapshot({ openProjects: [config] }).getProject(config)?.program;
    return (program?.getSourceFileNames() ?? [])
      .filter((file) => file.startsWith(folder) && !/\.test\.tsx?$/.test(file))
      .map((file) => {
        const source = program?.getSourceFile(file);
        if (!source) throw new Error(`${file} cannot be read`);
        return read(file, source);
      });
  } finally {
    api.close();
  }
}

// The compiler is a program of its own, whose start takes seconds on a busy machine.
test("imports run downwards, in no circle, and functions stay short", { timeout: 60_000 }, () => {
  const modules = readModules();
  expect(modules.length).toBeGreaterThan(80);
  // Imports of all kinds are seen: of values, of types alone, and of what is fetched when it is needed.
  const importsOf = (name: string) => modules.find((module) => module.name === name)?.imports;
  expect(importsOf("view/chart/chart.tsx")).toEqual(
    expect.arrayContaining(["view/chart/follow.ts", "view/services.ts"]),
  );
  expect(importsOf("view/chart/chart.tsx")).toContain("view/chart/pricechart.ts");
  expect(importsOf("columns/row.ts")).toContain("format.ts");
  expect(faults(modules)).toEqual([]);
});

describe("a fault is", () => {
  const module = (name: string, imports: readonly string[] = [], length = 1): Module => ({
    name,
    imports,
    functions: [{ line: 7, length }],
  });
  test.each([
    ["none of these", [module("a/1.ts", ["a/2.ts", "b/3.ts"]), module("a/2.ts", ["b/3.ts"]), module("b/3.ts")], []],
    ["an import upwards", [module("b/1.ts", ["a/2.ts"]), module("a/2.ts")], ["b/1.ts imports upwards: a/2.ts"]],
    ["a circle", [module("b/1.ts", ["b/2.ts"]), module("b/2.ts", ["b/1.ts"])], ["circle: b/1.ts → b/2.ts → b/1.ts"]],
    ["a file without a layer", [module("c.ts")], ["c.ts belongs to no layer"]],
    ["an import from elsewhere", [module("a/1.ts", ["../x.ts"])], ["a/1.ts imports from outside: ../x.ts"]],
    ["a long function", [module("a/1.ts", [], 151)], ["a/1.ts:7 is a function of 151 lines"]],
  ])("%s", (_, modules, expected) => {
    expect(faults(modules, [["a/"], ["b/"]])).toEqual(expected);
  });
});

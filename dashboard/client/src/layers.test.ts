import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type ESTree, parseSync, Visitor } from "vite";
import { expect, test } from "vitest";

/**
 * The layers of `src`, the top first: a file or a folder imports only what is below it, types included. A file that is named
 * by itself is in its own layer, not in that of its folder.
 */
const layers: readonly (readonly string[])[] = [
  ["index.ts", "latency.ts"], // what a program imports
  ["client.ts"], // puts everything together
  ["publisher.ts"], // what has come, and what of it a program is told
  ["tabs/"], // a chunk: the life of a page, and one connection for all tabs
  ["fallback/"], // a chunk: transports without WebSocket, and when they are used
  ["series/"], // a chunk: bars and trades
  ["subscriptions/"], // a chunk: what the server is asked for, and what it has refused
  ["options.ts"], // what a program passes in
  ["quotes/"], // what is known of each symbol
  ["connection/"], // one connection, whatever stream it has
  ["subscriptions/contract.ts"], // what that chunk is to a connection, and its parts to each other
  ["state.ts"], // what a program can ask about a connection
  ["transport/"], // streams, and the WebSocket
  ["interest/"], // what is to be followed
  ["protocol/"], // the messages of the wire
  ["emitter.ts"], // listeners by name
];
const longest = 150; // lines of a function, from its first to its last

interface Source {
  readonly imports: readonly string[];
  /** Functions that are too long. */
  readonly long: readonly string[];
}

/** Reads one file; `name` and the imports are paths in `src`. */
function read(name: string, text: string): Source {
  const { program, errors } = parseSync(name, text);
  expect(errors, name).toEqual([]);
  const imports: string[] = [];
  const long: string[] = [];
  const add = (from: { readonly value?: unknown } | null) => {
    const path = from?.value;
    if (typeof path !== "string") throw new Error(`${name} imports what is not one string`);
    if (path.startsWith(".")) imports.push(join(dirname(name), path));
  };
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length;
  const measure = ({ start, end }: ESTree.Span) => {
    const first = lineAt(start);
    const lines = lineAt(end) - first + 1;
    if (lines > longest) long.push(`${name}:${first} has a function of ${lines} lines`);
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => {
      if (node.source) add(node.source);
    },
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source as { readonly value?: unknown }),
    TSImportType: (node) => add(node.source),
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: measure,
  }).visit(program);
  return { imports, long };
}

const layerOf = (name: string) => {
  const file = layers.findIndex((layer) => layer.includes(name));
  return file >= 0
    ? file
    : layers.findIndex((layer) => layer.some((part) => part.endsWith("/") && name.startsWith(part)));
};

/** The files of a circle, or null. */
function circle(sources: ReadonlyMap<string, Source>): readonly string[] | null {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): readonly string[] | null => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return null;
    for (const next of sources.get(name)?.imports ?? []) {
      const found = visit(next, [...path, name]);
      if (found) return found;
    }
    done.add(name);
    return null;
  };
  for (const name of sources.keys()) {
    const found = visit(name, []);
    if (found) return found;
  }
  return null;
}

/** All that is wrong with these files, by their path in `src`. */
function faults(files: ReadonlyMap<string, string>): readonly string[] {
  const sources = new Map([...files].map(([name, text]) => [name, read(name, text)]));
  const wrong: string[] = [];
  for (const [name, { imports, long }] of sources) {
    const from = layerOf(name);
    if (from < 0) wrong.push(`${name} is in no layer`);
    for (const target of imports) {
      const to = layerOf(target);
      if (to < from || (to === from && dirname(target) !== dirname(name))) wrong.push(`${name} imports ${target}`);
    }
    wrong.push(...long);
  }
  const round = circle(sources);
  if (round) wrong.push(`a circle: ${round.join(" → ")}`);
  return wrong;
}

test("imports run downwards, without a circle, and no function is too long", () => {
  const root = import.meta.dirname;
  const files = new Map<string, string>();
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !path.endsWith(".test.ts")) files.set(relative(root, path), readFileSync(path, "utf8"));
  }
  expect(files.size).toBeGreaterThan(30);
  expect(faults(files)).toEqual([]);
});

test.each([
  ["an import that runs up", { "quotes/a.ts": 'import { createClient } from "../client.ts";' }, "imports client.ts"],
  ["one of a type alone", { "quotes/a.ts": 'import type { A } from "../client.ts";' }, "imports client.ts"],
  ["one inside a type", { "quotes/a.ts": 'let a: import("../client.ts").A;' }, "imports client.ts"],
  ["one that loads a chunk", { "quotes/a.ts": 'import("../series/a.ts");' }, "imports series/a.ts"],
  ["an export from above", { "quotes/a.ts": 'export { a } from "../client.ts";' }, "imports client.ts"],
  ["an export of all from above", { "quotes/a.ts": 'export type * from "../client.ts";' }, "imports client.ts"],
  [
    "a circle",
    { "quotes/a.ts": 'import "./b.ts";', "quotes/b.ts": 'import type { A } from "./a.ts";' },
    "a circle: quotes/a.ts → quotes/b.ts → quotes/a.ts",
  ],
  ["a file in no layer", { "common/a.ts": "" }, "common/a.ts is in no layer"],
  [
    "a long function",
    { "latency.ts": `const f = () => {${"\n".repeat(longest)}};` },
    `a function of ${longest + 1} lines`,
  ],
])("%s is found", (_, files, fault) => {
  expect(faults(new Map(Object.entries(files))).join("\n")).toContain(fault);
});

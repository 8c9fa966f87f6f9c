import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { eventually } from "./support/server.ts";

const tied = new URL("../tools/tied.mjs", import.meta.url).href;
const program = `
  import { spawnTied } from ${JSON.stringify(tied)};
  const child = spawnTied("sleep", ["600"], { stdio: "ignore" });
  console.log(child.pid);
`;

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

let parent: ChildProcess | null = null;
let pid = 0;
afterEach(() => {
  parent?.kill("SIGKILL");
  if (pid !== 0 && runs(pid)) process.kill(pid, "SIGKILL");
});

test.each(["SIGKILL", "SIGTERM"] as const)("a tied program ends with its parent, also by %s", async (signal) => {
  parent = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(parent.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  pid = Number(line.toString());
  expect(runs(pid)).toBe(true);
  parent.kill(signal);
  await eventually(() => expect(runs(pid)).toBe(false));
});

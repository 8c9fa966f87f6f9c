import { spawn } from "node:child_process";

/**
 * Starts a program that ends with this process, however this one ends. A shell reads from a pipe whose other end only
 * this process holds: when the process is gone, even by SIGKILL, the pipe closes and the shell kills the program.
 */
export function spawnTied(command, parameters, options) {
  const child = spawn(command, parameters, options);
  if (child.pid === undefined) return child; // it did not start, and says so in an "error" event
  const guard = spawn("sh", ["-c", 'read -r _; kill -KILL "$1" 2>/dev/null', "guard", String(child.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.on("error", () => {}); // no shell here: the program is on its own
  guard.unref();
  guard.stdin.unref();
  child.once("exit", () => guard.kill("SIGKILL")); // the number of the process may belong to another one soon
  return child;
}

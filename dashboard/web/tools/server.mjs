import { once } from "node:events";
import { resolve } from "node:path";
import { freePort } from "./port.mjs";
import { spawnTied } from "./tied.mjs";

const binary = process.env["TICKERTAPE_BIN"] ?? resolve(import.meta.dirname, "../../../bin/tickertape");

/** Starts the built program with these settings over its defaults, and waits until it has prices. */
export async function startServer(environment, port) {
  const listen = `127.0.0.1:${port ?? (await freePort())}`;
  const child = spawnTied(binary, ["serve", "--listen", listen], {
    env: { ...process.env, TICKERTAPE_LOG_LEVEL: "warn", TICKERTAPE_DRAIN: "0s", ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const url = `http://${listen}/`;
  for (let tries = 0; ; tries++) {
    const ready = await fetch(`${url}readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) break;
    if (child.exitCode !== null || tries > 200) throw new Error(`${binary} does not serve on ${listen}`);
    await new Promise((done) => setTimeout(done, 50));
  }
  return {
    url,
    port: Number(listen.split(":")[1]),
    pid: child.pid,
    async stop(signal = "SIGTERM") {
      const ended = once(child, "exit");
      child.kill(signal);
      await ended;
    },
  };
}

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "../../tools/port.mjs";
import { spawnTied } from "../../tools/tied.mjs";

const binary = process.env["TICKERTAPE_BIN"] ?? resolve(import.meta.dirname, "../../../../bin/tickertape");

/** Tries until it no longer throws; the last error when time is up. */
export async function eventually<T>(attempt: () => Promise<T> | T, within = 20_000): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((done) => setTimeout(done, 25));
    }
  }
}

export interface Server {
  readonly port: number;
  readonly url: string;
  /** How many listen over WebSocket, by its metrics, which may be a second old. */
  subscribers(): Promise<number>;
  /** Starts it on the same port, and waits until it is ready. */
  start(): Promise<void>;
  /** As a crash would: no client gets a goodbye. */
  kill(): Promise<void>;
  /** Stops the process where it is, so that it says nothing more, or lets it go on. Its connections stay open. */
  freeze(on: boolean): void;
  close(): Promise<void>;
}

/**
 * The real binary, on a port of its own, in a directory without a configuration. It ends with this process, also when
 * a test fails before it closes it. It is there when it answers at `there`; before its first quote it is not ready.
 */
export async function startServer(
  environment: Readonly<Record<string, string>> = {},
  there: "/readyz" | "/api/version" = "/readyz",
): Promise<Server> {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: build the server, or name it in TICKERTAPE_BIN`);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const directory = mkdtempSync(join(tmpdir(), "tickertape-"));
  let child: ChildProcess | null = null;
  let log = "";

  const stop = async (signal: NodeJS.Signals) => {
    const running = child;
    child = null;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, "exit");
    running.kill(signal);
    running.kill("SIGCONT"); // one that is frozen would not end
    await gone;
  };
  const start = async () => {
    log = "";
    const started = spawnTied(binary, ["serve", "--listen", `127.0.0.1:${port}`], {
      cwd: directory,
      env: { PATH: process.env["PATH"], TICKERTAPE_DRAIN: "1s", TICKERTAPE_FEED_SIM_RATE: "2000", ...environment },
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on("data", (data: Buffer) => {
        log = (log + data.toString()).slice(-4000);
      });
    }
    try {
      await eventually(async () => {
        if (started.exitCode !== null) throw new Error(`the server ended with ${started.exitCode}: ${log}`);
        const response = await fetch(url + there);
        if (!response.ok) throw new Error(`not ready: ${await response.text()}`);
      });
    } catch (error) {
      await stop("SIGKILL");
      throw error;
    }
  };

  await start();
  return {
    port,
    url,
    async subscribers() {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(/^tickertape_broadcast_subscribers\{transport="websocket"\} (\d+)/m.exec(text)?.[1] ?? Number.NaN);
    },
    start,
    kill: () => stop("SIGKILL"),
    freeze: (on) => void child?.kill(on ? "SIGSTOP" : "SIGCONT"),
    async close() {
      await stop("SIGTERM");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

import type { ChildProcess, SpawnOptions } from "node:child_process";

export function spawnTied(command: string, parameters: readonly string[], options: SpawnOptions): ChildProcess;

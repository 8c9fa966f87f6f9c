import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Recorded {
  /** What a server must be started with to play it, once. */
  readonly environment: Readonly<Record<string, string>>;
  close(): void;
}
export interface Recording extends Recorded {
  readonly symbols: readonly string[];
  readonly trades: number;
}

/** When recordings begin, in microseconds. */
export const recordingStart = Date.UTC(2026, 0, 5, 15) * 1000;

/** Writes these lines as a recording. The package `feed/recording` says what they may be. */
export function recordingOf(lines: readonly object[]): Recorded {
  const directory = mkdtempSync(join(tmpdir(), "tickertape-"));
  const file = join(directory, "market.ndjson");
  const header = {
    format: "tickertape.ticks",
    version: 1,
    source: "sim",
    simulated: true,
    recorded: recordingStart,
  };
  writeFileSync(file, [header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(""));
  return {
    environment: { TICKERTAPE_FEED_SOURCE: "replay", TICKERTAPE_FEED_REPLAY_FILE: file },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** The line of a recording that makes a symbol known. */
export const known = (s: string, decimals = 2) => ({
  k: "symbol",
  s,
  name: `Recorded ${s}`,
  sector: "",
  currency: "USD",
  decimals,
  pc: (100).toFixed(decimals),
});

/**
 * A market of the given length in seconds, simulated by the test itself, after which nothing moves any more; with a
 * silence, in seconds, it ends with one more trade after that.
 */
export function writeRecording(
  seconds: number,
  symbolCount = 30,
  ticksPerSecond = 500,
  decimals = 2,
  silence = 0,
): Recording {
  const symbols = Array.from({ length: symbolCount }, (_, i) => `REC${String(i).padStart(2, "0")}`);
  // As text: JavaScript would write small numbers with an exponent, which the format does not have.
  const price = (units: number) => (units / 10 ** decimals).toFixed(decimals);
  const start = recordingStart;
  const lines: object[] = symbols.map((s) => ({ ...known(s, decimals), pc: price(10_000) }));
  let trades = 0;
  const ticks = seconds * ticksPerSecond;
  for (let i = 0; i < ticks; i++) {
    const s = symbols[(i * 7) % symbols.length];
    const units = 10_000 + ((i * 37) % 201) - 100;
    const t = start + Math.round((i * 1e6) / ticksPerSecond);
    if (i % 3 === 0)
      lines.push({ k: "quote", s, b: price(units - 1), bz: 100 + (i % 9), a: price(units + 1), az: 200, t });
    else {
      lines.push({ k: "trade", s, p: price(units), z: 1 + (i % 50), t });
      trades++;
    }
    if (i === ticks - 50) lines.push({ k: "state", s, st: "halted", t });
  }
  if (silence > 0) {
    const t = start + (seconds + silence) * 1e6;
    lines.push({ k: "trade", s: symbols[0], p: price(10_000), z: 1, t });
    trades++;
  }
  return { ...recordingOf(lines), symbols, trades };
}

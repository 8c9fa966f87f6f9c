import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Recording {
  /** What a server must be started with to play it, once. */
  readonly environment: Readonly<Record<string, string>>;
  readonly symbols: readonly string[];
  readonly trades: number;
  close(): void;
}

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
  const start = Date.UTC(2026, 0, 5, 15) * 1000;
  const lines: object[] = [{ format: "tickertape.ticks", version: 1, source: "sim", simulated: true, recorded: start }];
  for (const s of symbols)
    lines.push({ k: "symbol", s, name: `Recorded ${s}`, sector: "", currency: "USD", decimals, pc: price(10_000) });
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
  const directory = mkdtempSync(join(tmpdir(), "tickertape-"));
  const file = join(directory, "market.ndjson");
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return {
    environment: { TICKERTAPE_FEED_SOURCE: "replay", TICKERTAPE_FEED_REPLAY_FILE: file },
    symbols,
    trades,
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

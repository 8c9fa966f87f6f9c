import { type ReadonlySignal, signal } from "@preact/signals-core";
import type { Api, SymbolInfo } from "./api.ts";

export interface DirectoryOptions {
  readonly api: Pick<Api, "describe" | "everything">;
  /** Called for each symbol whose record has come. */
  readonly changed: (symbol: string) => void;
}

/** What the server says of its symbols: names, sectors, time zones, decimals. Records are asked for once each. */
export interface Directory {
  /** The record of a symbol; undefined until it has come. */
  info(symbol: string): SymbolInfo | undefined;
  /** Grows whenever records come: who reads it is told of names that were not known before. */
  readonly revision: ReadonlySignal<number>;
  /** The records of all symbols that the server has; null until `loadAll` has been called and answered. */
  readonly all: ReadonlySignal<readonly SymbolInfo[] | null>;
  /** Takes in records that came with something else, as a search. */
  learn(records: readonly SymbolInfo[]): void;
  /** Asks for the records of those symbols that are not known yet. It never throws: `retry` asks again. */
  describe(symbols: readonly string[]): Promise<void>;
  /** Asks for all records. There is one request at a time. It never throws: `retry` asks again. */
  loadAll(): Promise<void>;
  /** Asks again for all records, where they were asked for and did not come. */
  retry(): void;
}

/** Makes an empty directory; it asks for nothing by itself. */
export function createDirectory({ api, changed }: DirectoryOptions): Directory {
  const infos = new Map<string, SymbolInfo>();
  const revision = signal(0);
  const all = signal<readonly SymbolInfo[] | null>(null);
  let wantsAll = false;
  let loading: Promise<void> | null = null;

  const learn = (records: readonly SymbolInfo[]) => {
    for (const info of records) {
      infos.set(info.symbol, info);
      changed(info.symbol);
    }
    revision.value++;
  };

  const load = async () => {
    try {
      const records = await api.everything();
      learn(records);
      all.value = records;
    } catch {
      // the next connection asks again
    }
    loading = null;
  };
  const loadAll = (): Promise<void> => {
    wantsAll = true;
    loading ??= load(); // a second answer would give rows a new order after the reader has begun to read them
    return loading;
  };

  return {
    info: (symbol) => infos.get(symbol),
    revision,
    all,
    learn,
    async describe(symbols) {
      const missing = symbols.filter((symbol) => symbol !== "*" && !infos.has(symbol));
      if (missing.length === 0) return;
      try {
        learn(await api.describe(missing));
      } catch {
        return; // the next connection asks again
      }
      for (const symbol of missing) if (!infos.has(symbol)) infos.set(symbol, { symbol });
    },
    loadAll,
    retry() {
      if (wantsAll && all.peek() === null) void loadAll();
    },
  };
}

import { type ReadonlySignal, signal } from "@preact/signals-core";
import type { Api, SymbolInfo } from "./api.ts";

const describedAgainAfter = 5000; // ms: a server that relays another learns a name a little later than the symbol

/** Where records come from. */
export interface DirectoryOptions {
  readonly api: Pick<Api, "describe" | "everything">;
  /** Called for each symbol whose record has arrived. */
  readonly changed: (symbol: string) => void;
}

/** The records of symbols: name, sector, time zone, decimals. Each is asked for once. */
export interface Directory {
  /** The record of a symbol; undefined until it has arrived. */
  info(symbol: string): SymbolInfo | undefined;
  /** Grows when records arrive. Read it in an effect that depends on names or sectors. */
  readonly revision: ReadonlySignal<number>;
  /** The records of all symbols that the server has; null until `loadAll` has been called and answered. */
  readonly all: ReadonlySignal<readonly SymbolInfo[] | null>;
  /** Adds records that came in another way, as with a search. */
  add(records: readonly SymbolInfo[]): void;
  /** Asks for the records of those symbols that have none yet. It never throws; call it again over a new connection. */
  describe(symbols: readonly string[]): Promise<void>;
  /** Asks for the records of symbols that were unknown before, and soon once more for those that have no name then. */
  describeAgain(symbols: readonly string[]): Promise<void>;
  /** Asks for all records, once for each run of the server. It never throws; `retry` asks again. */
  loadAll(): Promise<void>;
  /** Asks again for all records if `loadAll` has failed, if there were none, or if the server was started anew. */
  retry(): void;
  /** The server was started anew, and may have other symbols. */
  expire(): void;
  /** Asks for nothing any more. */
  close(): void;
}

/** Makes an empty directory; it asks for nothing by itself. */
export function createDirectory({ api, changed }: DirectoryOptions): Directory {
  const infos = new Map<string, SymbolInfo>();
  const revision = signal(0);
  const all = signal<readonly SymbolInfo[] | null>(null);
  let wantsAll = false;
  let loading: Promise<void> | null = null;
  let run = 0; // grows with each run of the server
  let loaded = -1; // the run of which all records are; a relay that is not connected has none yet
  const nameless = new Set<string>(); // to be asked for once more
  let timer: ReturnType<typeof setTimeout> | undefined;

  const add = (records: readonly SymbolInfo[]) => {
    for (const info of records) {
      infos.set(info.symbol, info);
      changed(info.symbol);
    }
    revision.value++;
  };

  const load = async () => {
    const asked = run;
    try {
      const records = await api.everything();
      add(records);
      all.value = records;
      if (records.length > 0) loaded = asked;
    } catch {
      // the next connection asks again
    }
    loading = null;
  };
  const loadAll = async (): Promise<void> => {
    wantsAll = true;
    if (loaded < run) loading ??= load();
    await loading;
  };

  const describe = async (symbols: readonly string[]) => {
    const missing = symbols.filter((symbol) => symbol !== "*" && !infos.has(symbol));
    if (missing.length === 0) return;
    try {
      add(await api.describe(missing));
    } catch {
      return; // the next connection asks again
    }
    for (const symbol of missing) if (!infos.has(symbol)) infos.set(symbol, { symbol });
  };
  /** Forgets records that say nothing, so that they are asked for. */
  const forget = (symbols: Iterable<string>) => {
    for (const symbol of symbols) if (!infos.get(symbol)?.name) infos.delete(symbol);
  };

  return {
    info: (symbol) => infos.get(symbol),
    revision,
    all,
    add,
    describe,
    async describeAgain(symbols) {
      forget(symbols);
      for (const symbol of symbols) nameless.add(symbol);
      timer ??= setTimeout(() => {
        timer = undefined;
        const again = [...nameless];
        nameless.clear();
        forget(again);
        void describe(again);
      }, describedAgainAfter);
      await describe(symbols);
    },
    loadAll,
    retry() {
      if (wantsAll) void loadAll();
    },
    expire: () => void run++,
    close: () => clearTimeout(timer),
  };
}

import { parseSymbols, parseWatchlists, type SymbolInfo, type Watchlists } from "./protocol.ts";

export interface ApiOptions {
  readonly fetch: (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;
}

const namesAtOnce = 400; // symbols in one query: far below what a request line may hold

/** The server's plain requests. Each throws when it cannot be answered. */
export function createApi(options: ApiOptions) {
  const get = async (url: string, signal: AbortSignal): Promise<unknown> => {
    const response = await options.fetch(url, { signal });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response.json();
  };

  return {
    async search(query: string, limit: number, signal: AbortSignal): Promise<readonly SymbolInfo[]> {
      return parseSymbols(await get(`api/symbols?query=${encodeURIComponent(query)}&limit=${limit}`, signal));
    },

    /** The records of exactly these symbols; those the server does not know are left out. */
    async describe(symbols: readonly string[], signal = AbortSignal.timeout(10_000)): Promise<readonly SymbolInfo[]> {
      const records: SymbolInfo[] = [];
      for (let i = 0; i < symbols.length; i += namesAtOnce) {
        const list = symbols
          .slice(i, i + namesAtOnce)
          .map(encodeURIComponent)
          .join(",");
        records.push(...parseSymbols(await get(`api/symbols?symbols=${list}`, signal)));
      }
      return records;
    },

    async watchlists(signal = AbortSignal.timeout(10_000)): Promise<Watchlists> {
      return parseWatchlists(await get("api/watchlists", signal));
    },

    /** Whether the server answers at all and is well. */
    async reachable(): Promise<boolean> {
      try {
        return (await options.fetch("healthz", { signal: AbortSignal.timeout(2500) })).ok;
      } catch {
        return false;
      }
    },
  };
}

export type Api = ReturnType<typeof createApi>;

import { isObject } from "./json.ts";

/** One record of GET /api/symbols. */
export interface SymbolInfo {
  readonly symbol: string;
  readonly name?: string;
  readonly sector?: string;
  readonly currency?: string;
  readonly decimals?: number;
  /** Its prices have more than nine decimals at the source, and are rounded. */
  readonly rounded?: boolean;
  /** The exchange's time zone, as IANA names it. */
  readonly zone?: string;
}

/** A list of symbols that the server has. */
export interface Watchlist {
  readonly name: string;
  readonly symbols: readonly string[];
}

/** The server's lists, and the name of the one that a new reader is shown. */
export interface Watchlists {
  readonly watchlists: readonly Watchlist[];
  readonly default?: string;
}

/** When a bar starts, in milliseconds since the Unix epoch, and its last price. */
export type Close = readonly [time: number, close: number];

const isText = (value: unknown): value is string => typeof value === "string";
const listIn = (value: unknown, key: string): readonly unknown[] => {
  const list = isObject(value) ? value[key] : null;
  return Array.isArray(list) ? list : [];
};

/** Reads the answer of GET /api/symbols. Records of another form are left out. */
export const parseSymbols = (value: unknown): readonly SymbolInfo[] =>
  listIn(value, "symbols").filter((record): record is SymbolInfo => isObject(record) && isText(record["symbol"]));

/** Reads the answer of GET /api/watchlists. Lists of another form are left out. */
export function parseWatchlists(value: unknown): Watchlists {
  const watchlists = listIn(value, "watchlists").filter(
    (list): list is Watchlist =>
      isObject(list) && isText(list["name"]) && Array.isArray(list["symbols"]) && list["symbols"].every(isText),
  );
  return isObject(value) && isText(value["default"]) ? { watchlists, default: value["default"] } : { watchlists };
}

/** Reads the answer of GET /api/bars: the closes of each symbol, oldest first, without bars that have no price. */
export function parseCloses(value: unknown): ReadonlyMap<string, readonly Close[]> {
  const closes = new Map<string, readonly Close[]>();
  for (const one of listIn(value, "series")) {
    if (!isObject(one) || !isText(one["symbol"])) continue;
    const bars = listIn(one, "bars").flatMap((bar): Close[] =>
      isObject(bar) && typeof bar["t"] === "number" && typeof bar["c"] === "number"
        ? [[bar["t"] / 1000, bar["c"]]]
        : [],
    );
    closes.set(one["symbol"], bars);
  }
  return closes;
}

/** How requests are sent; a URL is relative to the page. */
export interface ApiOptions {
  readonly fetch: (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;
}

const namesAtOnce = 400; // symbols in one query: far below what a request line may hold
const timeout = () => AbortSignal.timeout(10_000);
const names = (symbols: readonly string[]) => symbols.map(encodeURIComponent).join(",");

/** The requests of the REST interface. Each throws if no answer comes within ten seconds, or if it is an error. */
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

    /** The records of these symbols. Those that the server does not know are left out. */
    async describe(symbols: readonly string[]): Promise<readonly SymbolInfo[]> {
      const records: SymbolInfo[] = [];
      for (let i = 0; i < symbols.length; i += namesAtOnce) {
        const list = names(symbols.slice(i, i + namesAtOnce));
        records.push(...parseSymbols(await get(`api/symbols?symbols=${list}`, timeout())));
      }
      return records;
    },

    /** The records of all that the server has. */
    async everything(): Promise<readonly SymbolInfo[]> {
      return parseSymbols(await get("api/symbols?symbols=*", timeout()));
    },

    async watchlists(): Promise<Watchlists> {
      return parseWatchlists(await get("api/watchlists", timeout()));
    },

    /** The closes of each symbol's newest trading day, in bars of the interval. */
    async closes(symbols: readonly string[], interval: string, limit: number) {
      const url = `api/bars?symbols=${names(symbols)}&interval=${interval}&from=day&fields=t,c&limit=${limit}`;
      return parseCloses(await get(url, timeout()));
    },

    /** The server's version; empty where it does not say. */
    async version(): Promise<string> {
      const value = await get("api/version", timeout());
      return isObject(value) && isText(value["version"]) ? value["version"] : "";
    },
  };
}

/** The server's REST interface. */
export type Api = ReturnType<typeof createApi>;

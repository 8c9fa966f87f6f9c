import { createClient, type ServerMessage, type WireQuote } from "tickertape-client";
import { vi } from "vitest";
import { createFakeSockets } from "../../../client/test/support/fakes.ts";
import type { Address } from "./address.ts";
import type { Api, SymbolInfo } from "./api.ts";
import { readEarlier } from "./earlier.ts";
import { createHistory } from "./history.ts";
import { createMarket } from "./market.ts";
import { createMeter } from "./meter.ts";
import { createNotes } from "./notes.ts";
import { memoryRecords, memoryStorage } from "./records.fixture.ts";
import { isWhole } from "./savedrecords.ts";
import { createSavedWorkspace } from "./savedworkspace.ts";
import type { Sort } from "./sorting.ts";
import { createWorkspace } from "./workspace.ts";

/** Now, in µs since the Unix epoch, as the protocol has it. */
export const micros = () => Date.now() * 1000;

/** What is kept before a visit, as an earlier version of the page has kept it. */
export interface Kept {
  readonly lists: readonly { readonly name: string; readonly symbols: readonly string[] }[];
  readonly choice: { readonly kind: string; readonly name?: string } | null;
  readonly sort: Sort;
}

/** What is kept before the first visit. */
export const nothingSaved: Kept = { lists: [], choice: null, sort: null };

/** A saved workspace with one list of the reader's, which is shown. */
export const ownList = (...symbols: string[]): Kept => ({
  ...nothingSaved,
  lists: [{ name: "Mine", symbols }],
  choice: { kind: "own", name: "Mine" },
});

const noAddress: Address = { symbols: null, name: null, sort: undefined };

const record = (symbol: string): SymbolInfo => ({
  symbol,
  name: `${symbol} Inc.`,
  sector: symbol < "C" ? "Early" : "Late",
  decimals: 2,
  zone: "America/New_York",
});

/** A workspace on a fake connection. The first `failures` requests for the lists fail. */
export const setupWorkspace = async (initial: Kept = ownList("A", "B"), failures = 0, address: Address = noAddress) => {
  const sockets = createFakeSockets();
  let left = failures;
  const api: Api = {
    search: vi.fn(async () => []),
    describe: vi.fn(async (symbols: readonly string[]) =>
      symbols.filter((s) => s !== "NOPE" && !/^[a-z]/.test(s)).map(record),
    ),
    everything: vi.fn(async () => ["A", "B", "C", "Z"].map(record)),
    closes: vi.fn(async () => new Map()),
    version: vi.fn(async () => "v1"),
    watchlists: vi.fn(async () => {
      if (left-- > 0) throw new TypeError("refused");
      return {
        watchlists: [
          { name: "other", symbols: ["Z"] },
          { name: "main", symbols: ["A", "B", "A"] },
        ],
        default: "main",
      };
    }),
  };
  const kept = memoryStorage({ "tickertape.desk": JSON.stringify(initial) });
  const records = memoryRecords({ storage: () => kept, earlier: readEarlier(() => kept).records, whole: isWhole });
  const saved = createSavedWorkspace({ records, server: "/", window: () => memoryStorage() });
  const notes = createNotes();
  const history = createHistory({ notes });
  const client = createClient({
    url: "http://host/",
    WebSocket: sockets.WebSocket,
    share: false,
    fetch: async () => new Response("{}"),
    random: () => 0.5,
  });
  const market = createMarket({ client, api, meter: createMeter() });
  const workspace = createWorkspace({
    market,
    api,
    saved,
    address,
    history,
  });
  await workspace.start();
  client.connect();
  await vi.dynamicImportSettled();
  await vi.advanceTimersByTimeAsync(0);
  return {
    client,
    market,
    workspace,
    notes,
    history,
    records,
    saved,
    api,
    sockets,
    says: (...messages: ServerMessage[]) => sockets.last().says(...messages),
    hello: (epoch = "e"): ServerMessage => ({
      type: "hello",
      protocol: 1,
      epoch,
      seq: 1,
      time: micros(),
      source: "sim",
      simulated: true,
      status: "live",
    }),
    snapshot: (seq: number, ...quotes: WireQuote[]): ServerMessage => ({
      type: "snapshot",
      seq,
      time: micros(),
      quotes,
    }),
    update: (seq: number, ...quotes: WireQuote[]): ServerMessage => ({ type: "update", seq, time: micros(), quotes }),
    breaks: () => sockets.last().breaks(),
    /** What is kept now, with the name of a list in place of its id. */
    kept: (): Kept => {
      const lists = saved.lists.peek().map(({ name, symbols }) => ({ name, symbols }));
      const choice = saved.choice.peek();
      const name = choice?.kind === "own" ? saved.lists.peek().find(({ id }) => id === choice.id)?.name : undefined;
      return {
        lists,
        choice: choice && (name === undefined ? choice : { kind: "own", name }),
        sort: saved.sort.peek(),
      };
    },
    close: () => {
      workspace.close();
      market.close();
    },
  };
};

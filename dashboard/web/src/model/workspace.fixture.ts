import { createClient, type ServerMessage, type WireQuote } from "tickertape-client";
import { vi } from "vitest";
import { createFakeSockets } from "../../../client/test/support/fakes.ts";
import type { Address } from "./address.ts";
import type { Api, SymbolInfo } from "./api.ts";
import { createMarket } from "./market.ts";
import { createMeter } from "./meter.ts";
import { createNotes } from "./notes.ts";
import { nothingSaved, type SavedWorkspace } from "./savedworkspace.ts";
import { memoryStore } from "./store.fixture.ts";
import { createWorkspace } from "./workspace.ts";

/** Now, in µs since the Unix epoch, as the protocol has it. */
export const micros = () => Date.now() * 1000;

/** A saved workspace with one list of the reader's, which is shown. */
export const ownList = (...symbols: string[]): SavedWorkspace => ({
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
export const setupWorkspace = async (
  initial: SavedWorkspace = ownList("A", "B"),
  failures = 0,
  address: Address = noAddress,
) => {
  const sockets = createFakeSockets();
  let left = failures;
  const api: Api = {
    search: vi.fn(async () => []),
    describe: vi.fn(async (symbols: readonly string[]) => symbols.filter((s) => s !== "NOPE").map(record)),
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
  const saved = memoryStore(initial);
  const notes = createNotes();
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
    notes,
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
    kept: () => saved.value.peek(),
    close: () => {
      workspace.close();
      market.close();
    },
  };
};

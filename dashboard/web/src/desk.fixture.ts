import { vi } from "vitest";
import type { Api } from "./api.ts";
import { createMeter, createServerClock } from "./clock.ts";
import { createConnection } from "./connection.ts";
import { createDesk } from "./desk.ts";
import type { Quote, ServerMessage } from "./protocol.ts";
import type { StreamHandlers, Transport } from "./transport.ts";
import type { Saved } from "./watch.ts";

export const micros = () => Date.now() * 1000;

/** A desk on a stream that says what the test wants; `failures` requests for the lists fail first. */
export const setupDesk = async (saved: Saved = { symbols: ["A", "B"], sort: null }, failures = 0) => {
  let handlers: StreamHandlers | undefined;
  const opened: (readonly string[])[] = [];
  const transport: Transport = {
    duplex: true,
    queryLimit: 2000,
    quiet: 0,
    open(request, given) {
      handlers = given;
      opened.push(request.symbols);
      return { send: () => true, buffered: () => 0, close: () => {} };
    },
  };
  let left = failures;
  const api: Api = {
    search: vi.fn(async () => []),
    describe: vi.fn(async (symbols: readonly string[]) =>
      symbols.filter((s) => s !== "NOPE").map((symbol) => ({ symbol, name: `${symbol} Inc.`, decimals: 2 })),
    ),
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
    reachable: async () => true,
  };
  let kept = saved;
  const changed = vi.fn<(symbol: string) => void>();
  const desk = createDesk({
    connection: createConnection({
      transports: { websocket: transport, sse: transport, poll: transport },
      reachable: api.reachable,
      random: () => 0.5,
    }),
    api,
    clock: createServerClock(),
    meter: createMeter(),
    saved: {
      load: () => saved,
      save: (next) => {
        kept = next;
      },
    },
    changed,
  });
  await desk.start();
  await vi.advanceTimersByTimeAsync(0);
  return {
    desk,
    api,
    changed,
    opened,
    says: (...messages: ServerMessage[]) => {
      for (const message of messages) handlers?.message(message);
    },
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
    snapshot: (seq: number, ...quotes: Quote[]): ServerMessage => ({ type: "snapshot", seq, time: micros(), quotes }),
    close: () => handlers?.closed({ code: 1006, reason: "", comeBack: true }),
    kept: () => kept,
  };
};

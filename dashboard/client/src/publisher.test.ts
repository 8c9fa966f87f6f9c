import { expect, test } from "vitest";
import { snapshot, update } from "../test/support/fakes.ts";
import type { Connection } from "./connection/connection.ts";
import type { Link } from "./connection/link.ts";
import { createEmitter } from "./emitter.ts";
import { createRegistry } from "./interest/registry.ts";
import { type ClientEvents, createPublisher } from "./publisher.ts";

test("a rate holds back prices, and no quote that has stopped being live", () => {
  const events = createEmitter<ClientEvents>();
  const registry = createRegistry(
    {},
    () => {},
    () => {},
  );
  registry.calls.subscribe(["A", "B", "C"]);
  let state = { phase: "open", synced: true } as ReturnType<Link["state"]>;
  let holds = false;
  const link = { state: () => state, uses: () => true, holds: () => holds } as unknown as Link;
  const connection = { wanted: () => ({ series: [] }) } as unknown as Connection;
  const { handlers, calls } = createPublisher(
    events,
    connection,
    () => link,
    registry,
    () => {},
    () => 0,
  );
  const told: string[][] = [];
  events.on("changed", (symbols) =>
    told.push(symbols.map((symbol) => `${symbol} ${calls.quote(symbol)?.last} ${calls.quote(symbol)?.live}`)),
  );
  handlers.state();
  const quotes = ["A", "B", "C"].map((s) => ({ s, p: 1 }));
  handlers.message(snapshot(1, quotes));
  told.length = 0;

  holds = true; // another tab has asked for a higher rate
  handlers.message(
    update(2, [
      { s: "A", p: 2 },
      { s: "B", p: 2 },
    ]),
  );
  expect(told).toEqual([]);
  for (const [seq, st] of ["stale", "halted", "down"].entries()) {
    handlers.message(
      update(3 + 2 * seq, [
        { s: "A", p: 3 },
        { s: "B", st },
      ]),
    );
    expect(told.splice(0)).toEqual([["B 2 false"]]);
    handlers.message(update(4 + 2 * seq, [{ s: "B", st: null }]));
    expect(told).toEqual([]);
  }
  state = { ...state, phase: "waiting", synced: false };
  handlers.state();
  expect(told.flat().sort()).toEqual(["A 3 false", "B 2 false", "C 1 false"]);
});

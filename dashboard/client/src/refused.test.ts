import { beforeEach, expect, test, vi } from "vitest";
import { tick } from "../test/support/fakes.ts";
import { createModelServer } from "../test/support/modelserver.ts";
import { createClient } from "./client.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));

const names = (count: number, prefix = "S") => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

const setup = async (limits: Parameters<typeof createModelServer>[0], what: object) => {
  const server = createModelServer(limits);
  const client = createClient({ url: "http://host/", WebSocket: server.WebSocket, random: () => 0.5 });
  client.subscribe(what);
  client.connect();
  await vi.dynamicImportSettled();
  await tick(1);
  server.open();
  await vi.dynamicImportSettled();
  return { server, client, serve: (ms: number) => server.serve(ms, tick) };
};
const filled = (client: ReturnType<typeof createClient>, symbols: readonly string[]) =>
  symbols.filter((symbol) => client.bars(symbol, "1m").length > 0).length;

test("many series are asked for in one message of each kind", async () => {
  const symbols = names(60);
  const { server, client, serve } = await setup({}, { bars: symbols, trades: symbols });
  await serve(300);
  expect(server.requests.map(({ bars, trades }) => [bars, trades].flat().filter(Boolean).length)).toEqual([60, 60]);
  expect(filled(client, symbols)).toBe(60);
});

test("series beyond those that the server allows are asked for again as soon as others are given up", async () => {
  const symbols = names(60);
  const { server, client, serve } = await setup({ maxSeries: 50 }, { bars: symbols });
  const told: string[] = [];
  (client.on as (name: string, listener: (keys: readonly string[]) => void) => void)("refused", (keys) =>
    told.push(...keys),
  );
  await serve(1000);
  expect(filled(client, symbols)).toBe(50);
  expect(server.state.closed).toBe(0);
  const empty = symbols.filter((symbol) => !client.bars(symbol, "1m").length);
  expect([...told].sort()).toEqual(empty.map((symbol) => `1m ${symbol}`).sort());
  expect(client.refused(`1m ${empty[0]}`)).toBe("too_many_symbols");
  expect(client.refused("1m S0")).toBeUndefined();

  client.unsubscribe({ bars: symbols.slice(0, 10) });
  await serve(500);
  expect(filled(client, symbols)).toBe(50);
  expect(client.refused(`1m ${empty[0]}`)).toBeUndefined();
  expect(server.state.closed).toBe(0);
});

test("and after a delay that doubles, while there is no room", async () => {
  const { server, client, serve } = await setup({ maxSeries: 2 }, { bars: names(3) });
  await serve(60_000);
  const before = server.requests.length;
  await serve(60_000);
  expect(server.requests.length - before).toBeLessThan(5);
  server.limits.maxSeries = 3;
  await serve(120_000);
  expect(filled(client, names(3))).toBe(3);
  expect(server.state.closed).toBe(0);
});

test("of too many symbols, as many are followed as there is room for", async () => {
  const symbols = names(1500, "LONGNAME");
  const { server, client, serve } = await setup({ maxSymbols: 1234 }, { symbols });
  await serve(3000);
  expect(client.quotes()).toHaveLength(1234);
  expect(server.state.closed).toBe(0);
  expect(client.state.synced).toBe(true);
  client.unsubscribe(symbols.slice(0, 500));
  await serve(3000);
  expect(client.quotes()).toHaveLength(1000);
});

test.each([
  ["alone", ["#big"]],
  ["among others", ["A", "#big", "B"]],
])("a list that has too many symbols, %s in the query of a stream, spoils nothing else", async (_, symbols) => {
  const { server, client, serve } = await setup({ tooLong: ["#big"] }, { symbols });
  await serve(3000);
  expect(client.refused("#big")).toBe("too_many_symbols");
  expect(client.state.synced).toBe(true);
  client.subscribe(["C"]);
  await serve(1000);
  expect([...server.state.symbols].sort()).toEqual([...symbols.filter((name) => name !== "#big"), "C"]);
  expect(client.quote("C")?.live).toBe(true);
});

test("a thousand charts that are all refused do not get the stream closed, and come when they may", async () => {
  const symbols = names(1000);
  const refuses = { code: "rate_limited", message: "work of this connection; try again in 3 s" };
  const { server, client, serve } = await setup({ refuses }, { bars: symbols });
  await serve(60_000);
  expect(server.state.closed).toBe(0);
  expect(server.requests.length).toBeLessThan(30);
  expect(client.refused("1m S999")).toBe("rate_limited");
  server.limits.refuses = null;
  await serve(120_000);
  expect(filled(client, symbols)).toBe(1000);
  expect(client.refused("1m S999")).toBeUndefined();
});

test("what makes no sense to the server spoils nothing else", async () => {
  const { server, client, serve } = await setup({}, {});
  client.subscribe({ bars: ["A"], interval: "7m" });
  server.limits.refuses = { code: "bad_request", message: "interval: 7m" };
  await vi.dynamicImportSettled();
  await serve(2000);
  server.limits.refuses = null;
  client.subscribe({ bars: names(10) });
  await serve(1000);
  expect(filled(client, names(10))).toBe(10);
  expect(client.refused("7m A")).toBe("bad_request");
});

test("a rate that makes no sense is refused once, and delays nothing", async () => {
  const { server, client, serve } = await setup({}, {});
  client.setRate(-1);
  server.limits.refuses = { code: "bad_rate", message: "rate: -1" };
  await serve(1000);
  expect(server.requests).toHaveLength(1);
  server.limits.refuses = null;
  client.subscribe({ bars: ["A"] });
  await vi.dynamicImportSettled();
  await serve(100);
  expect(filled(client, ["A"])).toBe(1);
});

test("what could not be given up for lack of a budget is given up later, and not over and over", async () => {
  const { server, client, serve } = await setup({}, { symbols: ["A", "B"], bars: ["A"] });
  await serve(100);
  const before = server.requests.length;
  server.limits.refuses = { code: "rate_limited", message: "try again in 2 s" };
  client.unsubscribe({ symbols: ["B"], bars: ["A"] });
  client.setRate(2);
  await serve(20_000);
  expect(server.requests.length - before).toBeLessThan(15);
  expect(server.state.closed).toBe(0);
  server.limits.refuses = null;
  await serve(40_000);
  expect([...server.state.symbols, ...server.state.series]).toEqual(["A"]);
  expect(server.requests.at(-1)).not.toHaveProperty("since");
  expect(server.requests.some(({ rate }) => rate === 2)).toBe(true);
});

test("a longer history of what is followed is asked for, and a shorter one is not", async () => {
  const { server, client, serve } = await setup({}, { bars: ["A"], limit: 50 });
  await serve(100);
  expect(server.requests.map(({ limit }) => limit)).toEqual([50]);
  client.subscribe({ bars: ["A"], limit: 20 });
  await serve(100);
  expect(server.requests).toHaveLength(1);
  client.subscribe({ bars: ["A"], limit: 500 });
  await serve(100);
  expect(server.requests.map(({ limit }) => limit)).toEqual([50, 500]);
  expect(server.requests[1]).not.toHaveProperty("since");
  client.unsubscribe({ bars: ["A"] });
  client.subscribe({ bars: ["A"] });
  await serve(100);
  expect(server.requests.slice(2).map(({ type, limit }) => [type, limit])).toEqual([["subscribe", undefined]]);
});

test("a WebSocket that was refused for its query is opened without one", async () => {
  const server = createModelServer();
  const client = createClient({ url: "http://host/", WebSocket: server.WebSocket, random: () => 0.5 });
  client.subscribe(["A", "B"]);
  client.connect();
  await vi.dynamicImportSettled();
  expect(server.last().url).toContain("symbols=A,B");
  server.last().breaks(); // as after an answer of 400, which a browser does not show
  await tick(500);
  expect(server.last().url).not.toContain("symbols");
  server.open();
  await server.serve(100, tick);
  expect(client.quotes()).toHaveLength(2);
});

test("a symbol that is added while a stream resumes does not make the others look as if they were gone", async () => {
  const { server, client, serve } = await setup({}, ["A"]);
  await serve(100);
  expect(client.quote("A")?.live).toBe(true);
  server.last().breaks();
  await tick(300);
  client.subscribe(["B"]);
  await tick(1);
  const { url } = server.last();
  expect(url).toContain("since=e-");
  server.last().says({ type: "hello", protocol: 1, epoch: "e", seq: 9, time: 1 });
  server.last().says({ type: "subscribed", symbols: ["A"], rate: 10 });
  server.last().says({ type: "snapshot", seq: 9, time: 1, quotes: [], resumed: true });
  await serve(200);
  expect(client.quote("A")).toMatchObject({ last: 1, live: true });
  expect(client.quote("B")).toMatchObject({ last: 1, live: true });
});

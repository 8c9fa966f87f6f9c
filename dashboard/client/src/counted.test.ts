import { beforeEach, expect, test, vi } from "vitest";
import { tick } from "../test/support/fakes.ts";
import { createModelServer } from "../test/support/modelserver.ts";
import { createClient } from "./client.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));

const setup = async () => {
  const server = createModelServer();
  const client = createClient({ url: "http://host/", WebSocket: server.WebSocket, random: () => 0.5 });
  client.connect();
  await vi.dynamicImportSettled();
  server.open();
  const followed = async () => {
    await tick(1);
    await vi.dynamicImportSettled();
    await server.serve(100, tick);
    return [...server.state.symbols, ...server.state.series];
  };
  return { client, server, followed };
};

test("two parts of a program on one symbol do not cut each other off", async () => {
  const { client, followed } = await setup();
  const chart = { symbols: ["A"], bars: ["A"], trades: ["A"] };
  client.subscribe(chart);
  client.subscribe(chart);
  client.unsubscribe(chart);
  expect(await followed()).toEqual(["A", "1m A", "trades A"]);
  expect(client.quote("A")?.last).toBe(1);
  client.unsubscribe(chart);
  expect(await followed()).toEqual([]);
  client.unsubscribe(chart); // once too often
  client.subscribe(chart);
  expect(await followed()).toEqual(["A", "1m A", "trades A"]);
});

test("a name that is there twice in one list counts once", async () => {
  const { client, followed } = await setup();
  client.subscribe(["A", "A"]);
  client.unsubscribe(["A"]);
  expect(await followed()).toEqual([]);
});

test("a subscription follows something else, and ends once, however often it is closed", async () => {
  const { client, server, followed } = await setup();
  const names = ["A", "B"];
  const one = client.subscribe(names);
  const other = client.subscribe(["B"]);
  names.push("C"); // the list is that of the moment
  expect(await followed()).toEqual(["A", "B"]);
  const before = server.requests.length;
  one.update(["A", "D"]);
  expect(await followed()).toEqual(["A", "B", "D"]);
  expect(server.requests.slice(before).map(({ type, symbols }) => [type, symbols])).toEqual([["subscribe", ["D"]]]);
  one.close();
  one.close();
  one.update(["E"]);
  expect(await followed()).toEqual(["B"]);
  other.close();
  expect(await followed()).toEqual([]);
});

import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  createFakeChannels,
  createFakeLocks,
  createFakeSockets,
  hello,
  snapshot,
  tick,
  update,
} from "../../test/support/fakes.ts";
import { createConnection } from "../connection/connection.ts";
import { type Want, wantsNothing } from "../interest/want.ts";
import type { ServerMessage } from "../protocol/messages.ts";
import { createBoard } from "../quotes/board.ts";
import { createSubscriptions } from "../subscriptions/subscriptions.ts";
import { createWebSocketTransport } from "../transport/websocket.ts";
import { combineWants } from "./combine.ts";
import { createSharedLink } from "./link.ts";

/** Tabs of one browser, each with all that a client gives its link. */
const setup = () => {
  const locks = createFakeLocks();
  const channels = createFakeChannels();
  const sockets = createFakeSockets();
  const tab = () => {
    const connection = createConnection({
      transport: createWebSocketTransport("ws://host/ws", sockets.WebSocket),
      blocked: async () => null,
      online: () => true,
      now: Date.now,
      random: () => 0.5,
    });
    connection.addSubscriptions(createSubscriptions);
    const board = createBoard(() => true, Date.now);
    const messages: ServerMessage[] = [];
    const refused: string[][] = []; // the keys, as often as it was told
    const mine: ReturnType<typeof channels>[] = [];
    const link = createSharedLink({
      name: "prices",
      connection,
      handlers: {
        message(message) {
          messages.push(message);
          if (message.type === "hello") board.unconfirm(message.epoch);
          else if (message.type === "snapshot" || message.type === "update") board.apply(message);
        },
        state() {
          if (link.state().phase !== "open") board.unconfirm();
        },
        used() {},
        synced: ({ resumed }) => board.complete(resumed),
        fallback() {},
        refused: (event) => void refused.push([...event.keys()]),
      },
      locks,
      channel: (name) => {
        const channel = channels(name);
        mine.push(channel);
        return channel;
      },
      board,
      series: () => null,
      sources: () => [],
      now: Date.now,
    });
    const want = (symbols: readonly string[], more: Partial<Want> = {}) =>
      link.want({ ...wantsNothing, symbols, ...more });
    const freeze = (frozen: boolean) => {
      for (const channel of mine) channel.frozen = frozen;
    };
    /** How many notes it has been sent. */
    const notes = () => mine.reduce((sum, { heard }) => sum + heard, 0);
    return {
      link,
      board,
      messages,
      refused,
      want,
      freeze,
      notes,
      price: (symbol: string) => board.get(symbol)?.quote.p,
    };
  };
  return { tab, sockets, locks };
};

const opened = async (symbols: readonly string[] = ["A"]) => {
  const all = setup();
  const first = all.tab();
  first.want(symbols);
  first.link.connect();
  await tick(1);
  all.sockets.last().says(
    hello(),
    snapshot(
      1,
      symbols.map((s) => ({ s, p: 1 })),
    ),
  );
  return { ...all, first };
};

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));

describe("tabs", () => {
  test("share one connection, and each gets what it wants", async () => {
    const { tab, sockets, first } = await opened();
    const second = tab();
    second.want(["A", "B"]);
    second.link.connect();
    await tick(1);
    expect(sockets.sockets).toHaveLength(1);
    expect([first.link.state().role, second.link.state().role]).toEqual(["leader", "follower"]);
    expect(second.link.state()).toMatchObject({ phase: "open", synced: true, transport: "websocket" });
    expect(second.price("A")).toBe(1); // from the first tab, at once
    await tick(1);
    expect(sockets.last().sent.at(-1)).toMatchObject({ type: "subscribe", symbols: ["B"] });
    sockets.last().says(snapshot(2, [{ s: "B", p: 2 }]), update(3, [{ s: "A", p: 3 }]));
    await tick(1);
    expect([second.price("A"), second.price("B")]).toEqual([3, 2]);
    expect(first.price("A")).toBe(3);
    second.want(["A"]);
    await tick(1);
    expect(sockets.last().sent.at(-1)).toMatchObject({ type: "unsubscribe", symbols: ["B"] });
  });

  test("are told what is refused of what they want, and nothing of the rest", async () => {
    const { tab, sockets, first } = await opened();
    const [second, third] = [tab(), tab()];
    second.want(["B"]);
    third.want(["A"]);
    second.link.connect();
    third.link.connect();
    await tick(2);
    const { id } = sockets.last().sent.at(-1) as { readonly id: number };
    sockets.last().says({ type: "error", id, code: "too_many_symbols", message: "" });
    await tick(1);
    expect(first.refused.at(-1)).toEqual(["B"]); // it has the connection
    expect([second.refused, third.refused]).toEqual([[[], ["B"]], [[]]]);
    expect([second, third].flatMap(({ messages }) => messages.filter(({ type }) => type === "error"))).toEqual([]);
    third.want(["A", "B"]);
    await tick(1);
    expect(third.refused).toEqual([[], ["B"]]);
  });

  test("are not taken for gone when their lock is late", async () => {
    const { tab, sockets, locks } = await opened();
    const second = tab();
    second.want(["B"]);
    locks.delay(50);
    second.link.connect();
    locks.delay(0);
    second.want(["A", "B"]);
    await tick(10);
    second.want(["B"]);
    await tick(50);
    expect(sockets.last().sent.at(-1)).toMatchObject({ type: "subscribe", symbols: ["B"] });
    sockets.last().says(snapshot(2, [{ s: "B", p: 2 }]));
    await tick(1);
    expect(second.price("B")).toBe(2);
  });

  test("follow as well after they have left and come back before they had their lock", async () => {
    const { tab, sockets, locks } = await opened();
    const second = tab();
    second.want(["A"]);
    locks.delay(50);
    second.link.connect();
    second.link.disconnect();
    second.link.connect();
    await tick(100);
    expect(second.link.state()).toMatchObject({ role: "follower", phase: "open" });
    expect(second.price("A")).toBe(1);
    expect(sockets.sockets).toHaveLength(1);
  });

  test("that ask for what another follows already are get it from that one", async () => {
    const { tab, sockets } = await opened(["A", "B"]);
    const second = tab();
    second.want(["A"]);
    second.link.connect();
    await tick(1);
    const sent = sockets.last().sent.length;
    second.want(["A", "B"]);
    await tick(1);
    expect(second.price("B")).toBe(1);
    expect(sockets.last().sent).toHaveLength(sent);
  });

  test("are told of names that the server does not know, and of those that it knows by now", async () => {
    const { tab, sockets } = await opened(["A", "B", "C"]);
    sockets.last().says({ type: "subscribed", symbols: ["A"], unknown: ["B", "C"] });
    sockets.last().says({ type: "subscribed", symbols: ["B"] }, snapshot(2, [{ s: "B", p: 2 }], { resumed: true }));
    const second = tab();
    second.want(["A", "B", "C"]);
    second.link.connect();
    await tick(1);
    const told = second.messages.findLast(({ type }) => type === "subscribed");
    expect(told).toEqual({ type: "subscribed", symbols: ["A", "B"], unknown: ["C"] });
    sockets.last().says({ type: "subscribed", symbols: ["C"] }, snapshot(3, [{ s: "C", p: 3 }], { resumed: true }));
    await tick(1);
    expect(second.messages.findLast(({ type }) => type === "subscribed")).toEqual({
      type: "subscribed",
      symbols: ["C"],
    });
    expect([second.price("B"), second.price("C")]).toEqual([2, 3]);
  });

  test("pause the connection only when none of them is looked at", async () => {
    const { tab, sockets, first } = await opened();
    const second = tab();
    second.want(["A"]);
    second.link.connect();
    await tick(1);
    const pauses = () =>
      sockets
        .last()
        .sent.map(({ type }) => type)
        .filter((type) => type === "pause" || type === "resume");
    first.want(["A"], { paused: true, hidden: true });
    await tick(1);
    expect(pauses()).toEqual([]);
    second.want(["A"], { paused: true, hidden: true });
    await tick(1);
    expect(pauses()).toEqual(["pause"]);
    second.want(["A"]);
    await tick(1);
    expect(pauses()).toEqual(["pause", "resume"]);
  });
});

test("a tab that asked for a lower rate than others gets its own", async () => {
  const { tab } = await opened();
  const second = tab();
  second.want(["A"], { rate: 2 });
  second.link.connect();
  await tick(1);
  const publish = vi.fn();
  expect(second.link.holds?.(publish)).toBe(false);
  await tick(100);
  expect(second.link.holds?.(publish)).toBe(true);
  await tick(100);
  expect(second.link.holds?.(publish)).toBe(true);
  await tick(299);
  expect(publish).not.toHaveBeenCalled();
  await tick(1);
  expect(publish).toHaveBeenCalledOnce();
  expect(second.link.holds?.(publish)).toBe(false);
});

describe("when the leader goes", () => {
  test("another takes up the stream from where it stood", async () => {
    const { tab, sockets, first } = await opened();
    const second = tab();
    second.want(["A"]);
    second.link.connect();
    await tick(1);
    sockets.last().says(update(5, [{ s: "A", p: 5 }]), update(6, [{ s: "A", p: 6 }]));
    await tick(1);
    first.link.disconnect();
    await tick(1);
    expect(second.link.state().role).toBe("leader");
    expect(sockets.sockets).toHaveLength(2);
    expect(new URL(sockets.last().url).searchParams.get("since")).toBe("e-5"); // the last it is sure of
    sockets.last().says(hello("e", 7), snapshot(7, [{ s: "A", p: 7 }], { resumed: true }));
    expect(second.board.get("A")).toMatchObject({ confirmed: true, quote: { p: 7 } });
    expect(second.link.state().synced).toBe(true);
  });

  test("the others follow the next", async () => {
    const { tab, sockets, first } = await opened();
    const others = [tab(), tab()];
    for (const other of others) {
      other.want(["A"]);
      other.link.connect();
      await tick(1);
    }
    first.link.disconnect();
    await tick(5);
    sockets.last().says(hello("e", 7), snapshot(7, [{ s: "A", p: 7 }], { resumed: true }));
    await tick(5);
    expect(others.map(({ link }) => link.state().role).sort()).toEqual(["follower", "leader"]);
    expect(others.map(({ price }) => price("A"))).toEqual([7, 7]);
    expect(others.map(({ link }) => link.state().phase)).toEqual(["open", "open"]);
    expect(sockets.sockets).toHaveLength(2);
  });

  test("a frozen one is not believed, and loses its place", async () => {
    const { tab, sockets, first } = await opened();
    const second = tab();
    second.want(["A"]);
    second.link.connect();
    await tick(1);
    first.freeze(true);
    await tick(2500);
    expect(second.link.state().role).toBe("leader");
    expect(second.board.get("A")?.confirmed).toBe(false);
    expect(sockets.sockets).toHaveLength(2);
    first.freeze(false);
    await tick(1);
    sockets.last().says(hello("e", 9), snapshot(9, [{ s: "A", p: 9 }]));
    await tick(3000);
    expect(first.link.state().role).toBe("follower");
    expect([first.price("A"), second.price("A")]).toEqual([9, 9]);
    expect(sockets.sockets[0]?.readyState).toBe(3);
  });

  test("one that nobody looks at takes nothing over, and shows nothing as live before it has heard anew", async () => {
    const { tab, sockets, first } = await opened();
    const second = tab();
    second.want(["A"], { paused: true, hidden: true });
    second.link.connect();
    await tick(1);
    first.freeze(true);
    await tick(60_000);
    expect(second.link.state().role).toBe("follower");
    const before = sockets.sockets.length;
    second.want(["A"]);
    expect(second.link.state().synced).toBe(false);
    await tick(2500);
    expect(second.link.state()).toMatchObject({ role: "leader", synced: false });
    sockets.last().says(hello("e", 9), snapshot(9, [{ s: "A", p: 9 }]));
    expect(second.link.state().synced).toBe(true);
    expect(sockets.sockets).toHaveLength(before + 1);
  });
});

describe("a tab pays for what it wants", () => {
  /** Three tabs with lists that overlap in C; how many messages and quotes each has had since. */
  const three = async () => {
    const all = await opened(["A", "C"]);
    const [second, third] = [all.tab(), all.tab()];
    second.want(["B", "C"]);
    third.want(["C", "D"]);
    for (const { link } of [second, third]) link.connect();
    await tick(1);
    await tick(1);
    all.sockets.last().says(
      snapshot(
        2,
        [..."BD"].map((s) => ({ s, p: 1 })),
      ),
    );
    await tick(1);
    for (const { messages } of [second, third]) messages.length = 0;
    const quotes = ({ messages }: { readonly messages: readonly ServerMessage[] }) =>
      messages.flatMap((message) => ("quotes" in message ? message.quotes.map(({ s }) => s) : []));
    return { ...all, second, third, quotes };
  };

  test("it is sent no message and no quote but those of its list", async () => {
    const { second, third, sockets, quotes } = await three();
    sockets.last().says(
      update(
        3,
        [..."ABCD"].map((s) => ({ s, p: 3 })),
      ),
      update(4, [{ s: "A", p: 4 }]),
      update(5, [{ s: "B", p: 5 }]),
      { type: "bars", seq: 5, time: 0, symbol: "A", interval: "1m", bars: [] },
      { type: "subscribed", symbols: ["A"] },
    );
    await tick(1);
    expect(quotes(second)).toEqual(["B", "C", "B"]);
    expect(second.messages).toHaveLength(2);
    expect(quotes(third)).toEqual(["C", "D"]);
    expect(third.messages).toHaveLength(1);
  });

  test("hidden it is sent states alone, and shown again, in one note what has changed meanwhile", async () => {
    const { second, third, sockets, quotes } = await three();
    third.want(["C", "D"], { paused: true, hidden: true });
    await tick(1);
    const before = third.notes();
    for (let seq = 3; seq < 103; seq++) sockets.last().says(update(seq, [{ s: "C", p: seq }]));
    await tick(1);
    expect([third.messages.length, third.notes()]).toEqual([0, before]);
    expect(quotes(second)).toHaveLength(100);
    third.want(["C", "D"]);
    await tick(1);
    expect(third.notes()).toBe(before + 1);
    expect(third.messages.map(({ type }) => type)).toEqual(["hello", "snapshot", "subscribed"]);
    expect(third.price("C")).toBe(102);
    expect(third.board.get("D")).toMatchObject({ confirmed: true, quote: { p: 1 } });
    expect(third.messages[1]).toMatchObject({ resumed: true });
    expect(third.link.state().synced).toBe(true);
  });

  test("hidden it is brought up in full where more has happened than changes", async () => {
    const { third, sockets } = await three();
    third.want(["C", "D"], { paused: true, hidden: true });
    await tick(1);
    third.want(["C", "A"], { paused: true, hidden: true });
    await tick(1);
    sockets.last().says(update(3, [{ s: "C", p: 3 }]));
    third.want(["C", "A"]);
    await tick(1);
    expect(third.messages.find(({ type }) => type === "snapshot")).not.toHaveProperty("resumed");
    expect([third.price("C"), third.price("A")]).toEqual([3, 1]);
  });
});

test("a tab that has died is noticed by its lock", async () => {
  const { tab, sockets, locks } = await opened();
  const second = tab();
  second.want(["B"]);
  second.link.connect();
  await tick(1);
  expect(sockets.last().sent.at(-1)).toMatchObject({ type: "subscribe", symbols: ["B"] });
  expect(locks.held("prices")).toBe(true);
  // Its lock comes free, as it does when its process is killed; it says nothing.
  second.freeze(true);
  second.link.disconnect();
  await tick(1);
  expect(sockets.last().sent.at(-1)).toMatchObject({ type: "unsubscribe", symbols: ["B"] });
});

test("what several want is the most of everything", () => {
  const bars = (limit: number | null) => ({ symbol: "A", interval: "1m", limit });
  const wants: Want[] = [
    { ...wantsNothing, symbols: ["A"], series: [bars(10)], rate: 1, fields: ["p"], paused: true },
    { ...wantsNothing, symbols: ["A", "B"], series: [bars(50)], rate: 4, fields: ["b"] },
  ];
  expect(combineWants(wants)).toEqual({
    symbols: ["A", "B"],
    series: [bars(50)],
    rate: 4,
    fields: ["p", "b"],
    paused: false,
    hidden: false,
  });
  expect(combineWants([...wants, wantsNothing])).toMatchObject({ rate: null, fields: null });
  expect(combineWants(wants.slice(0, 1))).toMatchObject({ paused: true, hidden: false, rate: 1 });
});

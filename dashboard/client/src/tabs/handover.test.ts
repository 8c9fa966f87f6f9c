import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { createWorld, type Process } from "../../test/support/world.ts";
import { createConnection } from "../connection/connection.ts";
import type { Link } from "../connection/link.ts";
import { createLookup, type Series, seriesKey, type Want, wantsNothing } from "../interest/want.ts";
import { createBoard } from "../quotes/board.ts";
import { type Bar, makeBar, makeTrade, type SeriesChange, type Trade } from "../series/model.ts";
import { createSeries } from "../series/series.ts";
import type { SeriesStore } from "../series/store.ts";
import { createSubscriptions } from "../subscriptions/subscriptions.ts";
import { createSharedLink } from "./link.ts";

/*
 * Tabs, their browser and their server in virtual time: whatever happens in whatever order, three seconds after the last
 * of it each tab that is looked at has what the server says: quotes, bars and trades.
 */

type Kind = "close" | "kill" | "freeze" | "thaw" | "hide" | "show" | "disconnect" | "connect";
/** What happens: to a tab, to its list, to the server, or nothing for some ms. */
type Step =
  | readonly [kind: Kind, tab: number]
  | readonly [kind: "open" | "want", tab: number, list?: number]
  | readonly [kind: "tick", symbol: number]
  | readonly [kind: "drop" | "down" | "up"]
  | readonly [kind: "wait", ms: number];

const symbols = ["A", "B", "C", "D"] as const;
/** What a list is, by its bits: four symbols, then bars of two of them, then trades of two. */
const listed = (list: number): Pick<Want, "symbols" | "series"> => ({
  symbols: symbols.filter((_, i) => list & (1 << i)),
  series: ["1m", null].flatMap((interval, row) =>
    symbols
      .slice(0, 2)
      .flatMap((symbol, i) => (list & (1 << (4 + 2 * row + i)) ? [{ symbol, interval, limit: null }] : [])),
  ),
});
const someSymbols = 0b0011;
const handover = 3000; // ms
const lateness = handover + 300; // ms that a price may be shown as live after it was replaced: with a flush

const barDrawn = ({ time, open, high, low, close, trades }: Bar) =>
  [time, open, high, low, close, trades].map((value) => value ?? 0);
const tradeDrawn = ({ number, price }: Trade) => [number, price];

interface Tab {
  readonly process: Process;
  readonly link: Link;
  readonly board: ReturnType<typeof createBoard>;
  readonly series: SeriesStore;
  /** The bars and trades by key as they were told: what a chart and a tape have drawn. */
  readonly drawn: Map<string, readonly (readonly number[])[]>;
  connected: boolean;
  since: number; // when it was connected
  epoch: string; // of the newest hello
  want: Want;
  shown: number;
  /** Messages that came while it was hidden, and connected to another tab. */
  wasted: number;
}

const createTabs = (seed: number, log?: (...what: readonly unknown[]) => void) => {
  let state = seed | 0;
  const chance = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const world = createWorld(chance, log);
  const { server, now } = world;
  const tabs: (Tab | undefined)[] = [];
  for (const symbol of symbols) server.tick(symbol);

  /** Puts what was told of a series to what has been drawn. */
  const draw = ({ drawn }: Tab, change: SeriesChange) => {
    const bars = change.kind === "bars";
    const added: readonly (readonly number[])[] = bars ? change.bars.map(barDrawn) : change.trades.map(tradeDrawn);
    const key = seriesKey({ symbol: change.symbol, interval: bars ? change.interval : null });
    const all = new Map([...(change.reset ? [] : (drawn.get(key) ?? [])), ...added].map((one) => [one[0], one]));
    drawn.set(key, [...all.values()]);
  };
  /** Wants another list. What is known already of a series that is added is drawn at once. */
  const choose = (tab: Tab, list: number) => {
    const { drawn, series } = tab;
    tab.want = { ...tab.want, ...listed(list) };
    const keys = tab.want.series.map(seriesKey);
    for (const key of drawn.keys()) if (!keys.includes(key)) drawn.delete(key);
    for (const { symbol, interval } of tab.want.series) {
      const key = seriesKey({ symbol, interval });
      if (drawn.has(key)) continue;
      drawn.set(key, interval ? series.bars(symbol, interval).map(barDrawn) : series.trades(symbol).map(tradeDrawn));
    }
    tab.link.want(tab.want);
  };

  const make = (process: Process, list: number): Tab => {
    const connection = createConnection({
      transport: world.transport,
      blocked: async () => null,
      online: () => true,
      now,
      random: () => 0.01,
    });
    connection.addSubscriptions(createSubscriptions);
    const board = createBoard((symbol) => tab.link.uses(symbol), now);
    const series = createSeries(
      connection,
      (key) => tab.link.uses(key),
      (key) => createLookup(tab.want)(key),
      () => tab.want.paused,
      (change) => draw(tab, change),
    );
    const tab: Tab = {
      process,
      board,
      series,
      drawn: new Map(),
      connected: false,
      since: 0,
      epoch: "",
      want: { ...wantsNothing, ...listed(list) },
      shown: now(),
      wasted: 0,
      link: createSharedLink({
        name: "prices",
        connection,
        handlers: {
          message(message) {
            if (tab.want.paused && tab.link.state().role === "follower" && now() - (process.hidden ?? 0) > 200)
              tab.wasted++;
            if (message.type === "hello") {
              tab.epoch = message.epoch;
              board.unconfirm(message.epoch);
            }
            if (message.type === "snapshot" || message.type === "update") board.apply(message);
            series.apply(message);
          },
          state() {
            if (tab.link.state().phase !== "open") board.unconfirm();
          },
          used() {
            board.prune();
            series.prune();
          },
          synced: ({ resumed }) => board.complete(resumed),
          fallback() {},
          refused() {},
        },
        locks: world.locks,
        channel: world.channel,
        board,
        series: () => series,
        sources: () => [],
        now,
      }),
    };
    return tab;
  };

  const turn = (tab: Tab, hidden: boolean) => {
    if ((tab.process.hidden !== null) === hidden) return;
    tab.process.hidden = hidden ? now() : null;
    tab.shown = now();
    tab.want = { ...tab.want, paused: hidden, hidden };
    tab.link.want(tab.want);
    if (hidden) return;
    tab.series.resume();
    tab.link.wake();
  };

  const open = async (at: number, list: number) => {
    const process = world.process();
    await world.within(process, () => {
      const tab = make(process, list);
      tabs[at] = tab;
      tab.link.want(tab.want);
      tab.link.connect();
      tab.connected = true;
      tab.since = now();
    });
  };
  const act = async (kind: Kind | "open" | "want", at: number, list: number) => {
    const tab = tabs[at];
    if (!tab) return kind === "open" ? open(at, list) : undefined;
    const { process, link } = tab;
    if (kind === "thaw" && process.frozen) world.thaw(process);
    if (kind === "kill" || (kind === "close" && process.frozen)) {
      world.kill(process);
      tabs[at] = undefined;
    }
    if (process.frozen || process.dead) return;
    await world.within(process, () => {
      if (kind === "freeze") process.frozen = true;
      if (kind === "hide" || kind === "show") turn(tab, kind === "hide");
      if (kind === "want") choose(tab, list);
      if (kind === "connect") {
        link.connect();
        tab.connected = true;
        tab.since = now();
      }
      if (kind === "disconnect" || kind === "close") {
        link.disconnect();
        tab.connected = false;
      }
    });
    if (kind !== "close") return;
    tabs[at] = undefined;
    await world.advance(100); // a lock that has just been granted is given back when the tab hears of it
    const kept = [process.channels.size, process.timers.size, world.locked(process)];
    expect(kept, "kept after close").toEqual([0, 0, []]);
    world.kill(process);
  };
  const step = async ([kind, number = 0, list = someSymbols]: Step): Promise<void> => {
    if (kind === "wait") await world.advance(number);
    else if (kind === "tick") server.tick(symbols[number] as string);
    else if (kind === "drop") server.drop();
    else if (kind === "down" || kind === "up") server.turn(kind === "up");
    else await act(kind, number, list);
  };

  const seen = () =>
    tabs.filter((tab) => tab?.connected && tab.process.hidden === null && !tab.process.frozen) as readonly Tab[];
  /** Nobody shows a price as live that has been replaced for long. */
  const honest = () => {
    for (const { link, board, want, process } of seen()) {
      if (!link.state().synced || now() - process.thawed < 100) continue;
      for (const symbol of want.symbols) {
        const entry = board.get(symbol);
        if (!entry?.confirmed) continue;
        const at = server.replaced(entry.quote.p ?? Number.NaN);
        if (now() - at > lateness) throw new Error(`${symbol} is ${now() - at} ms old`);
      }
    }
  };
  const served = ({ symbol, interval }: Series) =>
    interval
      ? server.bars(symbol).map((bar) => barDrawn(makeBar(bar)))
      : server.trades(symbol).map((trade) => tradeDrawn(makeTrade(trade)));
  const frozen = () => tabs.flatMap((tab) => (tab?.process.frozen ? [tab.process] : []));
  const settled = () => {
    for (const one of seen()) {
      const { link, board, drawn, want } = one;
      const at = tabs.indexOf(one);
      const name = `tab ${at}`;
      expect(link.state(), name).toMatchObject({ phase: "open", synced: true });
      expect(one.epoch, name).toBe(server.epoch());
      const known = want.symbols.map((s) => [s, board.get(s)?.confirmed && board.get(s)?.quote.p]);
      expect(known, name).toEqual(want.symbols.map((s) => [s, server.quote(s)]));
      expect([...drawn].sort(), name).toEqual(want.series.map((one) => [seriesKey(one), served(one)]).sort());
      if (link.state().role === "follower") expect([...board.symbols()].sort(), name).toEqual([...want.symbols].sort());
    }
    // Nobody asks for what only tabs want that have been hidden for long. The timers of hidden tabs run once a minute.
    const wanted = tabs.flatMap((tab) => {
      const asks =
        tab?.connected &&
        (tab.link.state().role === "leader" || now() - Math.max(tab.process.hidden ?? now(), tab.since) < 125_000);
      return asks ? tab.want.symbols : [];
    });
    if (seen().length)
      expect(
        server.follows(frozen()).filter((s) => !wanted.includes(s)),
        "symbols for nobody",
      ).toEqual([]);
    for (const tab of tabs) expect(tab?.wasted ?? 0, "messages for a hidden tab").toBe(0);
  };

  /** How many connections there are, beside those of tabs that are frozen and do not know yet that they do not lead. */
  const connections = () => server.connections().filter((owner) => !frozen().includes(owner as Process)).length;

  return {
    world,
    tabs,
    step,
    honest,
    settled,
    async run(steps: readonly Step[]): Promise<void> {
      for (const what of steps) {
        await step(what);
        honest();
      }
      server.turn(true);
      for (let ms = 0; ms < handover; ms += 250) {
        await world.advance(250);
        honest();
      }
      settled();
      for (const symbol of symbols) server.tick(symbol);
      await world.advance(400);
      settled();
      if (connections() > 1) await world.advance(1500); // one tab takes over from another, and has got ready for it
      expect(connections(), "connections").toBeLessThanOrEqual(1);
      for (const at of tabs.keys()) {
        await step(["thaw", at]);
        await world.advance(0);
        await step(["close", at]);
      }
    },
  };
};

let ended: () => void = () => {};
afterEach(() => ended());

const check = async (seed: number, steps: readonly Step[], log?: (...what: readonly unknown[]) => void) => {
  const tabs = createTabs(seed, log);
  ended = tabs.world.end;
  try {
    await tabs.run(steps);
  } finally {
    tabs.world.end();
  }
  return tabs;
};

const tab = fc.nat(4);
const list = fc.nat(255);
const anything: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant("open"), tab, list) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom("close", "kill", "disconnect"), tab) },
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom("freeze", "thaw"), tab) },
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom("hide", "show"), tab) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("connect"), tab) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("want"), tab, list) },
  { weight: 5, arbitrary: fc.tuple(fc.constant("tick"), fc.nat(3)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom("drop", "down", "up")) },
  { weight: 8, arbitrary: fc.tuple(fc.constant("wait"), fc.constantFrom(0, 1, 5, 20, 60, 300, 1100, 2600)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("wait"), fc.constantFrom(12_000, 45_000, 200_000)) },
) as fc.Arbitrary<Step>;

const runs = Number(process.env["RUNS"] ?? 1000);

describe("whatever happens to tabs and server", () => {
  test.each<{
    readonly name: string;
    readonly seed: number;
    readonly lists?: readonly [number, number];
    readonly steps: readonly Step[];
  }>([
    {
      name: "the leader is frozen without a word",
      seed: 1,
      steps: [
        ["wait", 300],
        ["freeze", 0],
      ],
    },
    {
      name: "the leader leaves, and who would be next is frozen",
      seed: 1,
      steps: [
        ["open", 2],
        ["wait", 300],
        ["freeze", 1],
        ["close", 0],
      ],
    },
    {
      name: "a tab comes back while the leader that watched it is frozen",
      seed: 1,
      steps: [
        ["open", 2],
        ["wait", 300],
        ["freeze", 0],
        ["disconnect", 1],
        ["connect", 1],
      ],
    },
    {
      name: "a leader that was deposed while it was frozen comes back",
      seed: 1,
      steps: [
        ["freeze", 0],
        ["wait", 12_000],
        ["thaw", 0],
      ],
    },
    {
      name: "the leader reconnects",
      seed: 1,
      steps: [
        ["wait", 300],
        ["disconnect", 0],
        ["connect", 0],
      ],
    },
    {
      name: "the leader is killed",
      seed: 1,
      steps: [
        ["wait", 300],
        ["kill", 0],
      ],
    },
    {
      name: "the timers of a hidden leader are slow, and a tab wants more",
      seed: 1,
      steps: [
        ["hide", 0],
        ["wait", 45_000],
        ["want", 1, 15],
      ],
    },
    {
      name: "the timers of a hidden leader are slow, and the server drops it",
      seed: 1,
      steps: [["hide", 0], ["wait", 45_000], ["drop"]],
    },
    {
      name: "all were hidden for long, and one is shown",
      seed: 1,
      steps: [
        ["hide", 0],
        ["hide", 1],
        ["wait", 400_000],
        ["show", 1],
      ],
    },
    {
      name: "prices change while a tab is hidden, and it wants another list when it is shown",
      seed: 1,
      steps: [
        ["wait", 300],
        ["hide", 1],
        ["wait", 300],
        ["tick", 0],
        ["tick", 1],
        ["wait", 300],
        ["want", 1, 12],
        ["show", 1],
      ],
    },
    { name: "a tab leads before it has its own lock", seed: 1_555_702_506, steps: [["tick", 0]] },
    {
      name: "a thief has its lock stolen before it knows that it had it",
      seed: 608_806_927,
      steps: [["wait", 12_000], ["open", 2], ["hide", 0], ["drop"], ["want", 0, 0]],
    },
    {
      name: "four tabs take the lead from one another",
      seed: 372_881_488,
      steps: [
        ["open", 4],
        ["freeze", 0],
        ["open", 2],
        ["open", 3],
        ["hide", 0],
      ],
    },
    {
      name: "a join is overtaken by the next one",
      seed: 1_334_310_884,
      steps: [
        ["open", 2],
        ["open", 3],
        ["freeze", 0],
      ],
    },
    {
      name: "a tab joins while the stream of the leader resumes",
      seed: 0,
      steps: [["wait", 2600], ["freeze", 0], ["open", 2], ["drop"], ["want", 1, 1], ["hide", 0]],
    },
    {
      name: "a tab is hidden and shown while it is disconnected",
      seed: 0,
      steps: [
        ["disconnect", 0],
        ["hide", 0],
        ["show", 0],
        ["want", 0, 0],
      ],
    },
    {
      name: "a symbol is given up and wanted again before the server hears of it",
      seed: 0,
      steps: [
        ["close", 0],
        ["wait", 300],
        ["want", 1, 0],
        ["want", 1, 5],
      ],
    },
    {
      name: "a tab that has led before leads again, and has forgotten a series meanwhile",
      seed: 1,
      lists: [0b0100_0000, 0],
      steps: [
        ["wait", 600],
        ["disconnect", 0],
        ["wait", 300],
        ["connect", 0],
        ["wait", 300],
        ["want", 0, 0],
        ["tick", 0],
        ["wait", 300],
        ["want", 0, 0b0100_0000],
        ["kill", 1],
      ],
    },
    {
      name: "a tab that has been hidden for long is shown",
      seed: 1,
      lists: [0b0001, 0b0110],
      steps: [
        ["wait", 300],
        ["hide", 1],
        ["wait", 200_000],
        ["tick", 1],
        ["tick", 2],
        ["wait", 300],
        ["show", 1],
      ],
    },
    {
      name: "a tab has been hidden for long",
      seed: 1,
      lists: [0b0001, 0b0110],
      steps: [
        ["wait", 300],
        ["hide", 1],
        ["wait", 200_000],
      ],
    },
    {
      name: "a series changes between the moment in which it was given up and the one in which it is wanted again",
      seed: 0,
      lists: [0b1000_0000, 0],
      steps: [
        ["wait", 300],
        ["open", 2, 0b1000_0000],
        ["tick", 1],
        ["hide", 0],
        ["want", 0, 0],
      ],
    },
    {
      name: "a tab that is hidden comes back after long",
      seed: 0,
      lists: [0b0001_0001, 0],
      steps: [
        ["hide", 0],
        ["disconnect", 0],
        ["wait", 200_000],
        ["connect", 0],
      ],
    },
    {
      name: "a thief hears that the leader is deposed before it has the lock",
      seed: 4_447_994,
      lists: [0, 0],
      steps: [
        ["close", 1],
        ["hide", 0],
        ["wait", 45_000],
        ["open", 1, 193],
        ["open", 0, 0],
      ],
    },
    {
      name: "the leader was hidden alone while prices changed",
      seed: 0,
      lists: [0, 34],
      steps: [
        ["wait", 1100],
        ["close", 0],
        ["hide", 1],
        ["tick", 1],
        ["wait", 12_000],
        ["show", 1],
        ["open", 0, 0],
      ],
    },
  ])("$name", async ({ seed, lists: [one, other] = [someSymbols, someSymbols], steps }) => {
    await check(seed, [["open", 0, one], ["open", 1, other], ...steps]);
  });

  test(`each tab that is looked at has what the server says within 3 s, ${runs} schedules`, {
    timeout: 10_000 + runs * 60,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        list,
        list,
        fc.array(anything, { minLength: 1, maxLength: 30 }),
        async (seed, one, other, steps) => {
          await check(seed, [["open", 0, one], ["open", 1, other], ...steps]);
        },
      ),
      { numRuns: runs, ...(process.env["SEED"] && { seed: Number(process.env["SEED"]) }) },
    );
  });
});

test("a message is copied for those tabs alone that look at what is in it", async () => {
  const copies: unknown[] = []; // of prices, by the tab that gets them
  const tabs = createTabs(1, (_, __, ___, to, data) => {
    if (JSON.stringify(data)?.includes('"update"')) copies.push(to);
  });
  ended = tabs.world.end;
  for (const at of [0, 1, 2, 3, 4]) await tabs.step(["open", at]);
  await tabs.step(["want", 1, 0b0001]);
  await tabs.step(["want", 2, 0b0010]);
  for (const at of [3, 4]) await tabs.step(["hide", at]);
  await tabs.step(["wait", 1000]);
  copies.length = 0;
  for (const symbol of [0, 0, 1, 3]) {
    await tabs.step(["tick", symbol]);
    await tabs.step(["wait", 300]);
  }
  expect(copies).toEqual([1, 1, 2]);
});

// One schedule again, with what the tabs say: SCHEDULE='[seed,list,list,[["wait",300],…]]'.
const again = process.env["SCHEDULE"];
test.runIf(again)("a schedule that is given", async () => {
  const [seed, one, other, steps] = JSON.parse(again ?? "") as [number, number, number, readonly Step[]];
  await check(seed, [["open", 0, one], ["open", 1, other], ...steps], (...what) =>
    console.log(...what.map((one) => JSON.stringify(one))),
  );
});

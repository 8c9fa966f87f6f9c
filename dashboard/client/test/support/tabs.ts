import { expect } from "vitest";
import { createConnection } from "../../src/connection/connection.ts";
import type { Link } from "../../src/connection/link.ts";
import { createLookup, type Series, seriesKey, type Want, wantsNothing } from "../../src/interest/want.ts";
import { createBoard } from "../../src/quotes/board.ts";
import { type Bar, makeBar, makeTrade, type SeriesChange, type Trade } from "../../src/series/model.ts";
import { createSeries } from "../../src/series/series.ts";
import type { SeriesStore } from "../../src/series/store.ts";
import { createSubscriptions } from "../../src/subscriptions/subscriptions.ts";
import { createSharedLink } from "../../src/tabs/link.ts";
import { createWorld, type Process } from "./world.ts";

type Kind = "close" | "kill" | "freeze" | "thaw" | "hide" | "show" | "disconnect" | "connect";
/** What happens: to a tab, to its list, to the server, or nothing for some ms. */
export type Step =
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
/** The list of two of the symbols. */
export const someSymbols = 0b0011;
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

/** Makes tabs, as many as are opened, of which each step is done in turn; `log` is told what they say to each other. */
export const createTabs = (seed: number, log?: (...what: readonly unknown[]) => void) => {
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
    // Nobody asks for what only tabs want that have been hidden for long. The timers of hidden tabs run once a minute. One
    // that is stopped without a word cannot say so; a browser that freezes a page tells it before, and it leaves.
    const wanted = tabs.flatMap((tab) => {
      if (!tab?.connected) return [];
      const leads = tab.link.state().role === "leader";
      const asks = leads || tab.process.frozen || now() - Math.max(tab.process.hidden ?? now(), tab.since) < 125_000;
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

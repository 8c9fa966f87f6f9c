import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Client, createClient, type TransportName } from "tickertape-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { launch } from "./support/browser.ts";
import { pause, random } from "./support/chance.ts";
import { type Gateway, startProxy } from "./support/proxy.ts";
import { eventually, type Server, startServer } from "./support/server.ts";

/*
 * The client library against the real server, on each transport, with connections that break at random and a
 * server that is killed in between: what the protocol promises holds for what the library hands out.
 */

const transports: readonly TransportName[] = ["websocket", "sse", "poll"];

interface Findings {
  readonly violations: readonly string[];
  readonly position: string | null;
  /** The state after each whole message, newest last, as text. */
  readonly history: readonly { readonly epoch: string; readonly seq: number; readonly state: string }[];
  readonly bars: readonly (readonly [number, number | undefined, number, number])[];
  readonly trades: number;
  readonly synced: boolean;
  readonly losses: number;
  readonly resumed: number;
}

/** Observes a client. It runs in Node and, as text, in a page: it may use nothing from around it. */
const observe = (client: Client, symbols: readonly string[]): (() => Findings) => {
  const barsLookedAt = 300; // more than are asked of the server
  const violations: string[] = [];
  const history: { epoch: string; seq: number; state: string }[] = [];
  const before = new Map<string, { n: number; t: number }>();
  const numbers = new Map<string, number>();
  let epoch = "";
  let seq = 0;
  let partial: number | null = null;
  let losses = 0;
  let resumed = 0;
  let trades = 0;
  let lost = true;

  const check = (holds: boolean, what: string) => {
    if (!holds && violations.length < 20) violations.push(what);
  };
  client.on("hello", (hello) => {
    if (hello.epoch !== epoch) {
      seq = 0;
      before.clear();
      numbers.clear();
    }
    epoch = hello.epoch;
    partial = null;
  });
  const whole = (message: { readonly seq: number; readonly more?: boolean }) => {
    check(message.seq >= seq, `seq went back from ${seq} to ${message.seq}`);
    check(partial === null || partial === message.seq, `parts of ${partial} and ${message.seq} are mixed`);
    ({ seq } = message);
    partial = message.more ? seq : null;
    if (partial !== null || !client.state.synced) return;
    const quotes = [...client.quotes()].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
    for (const quote of quotes) {
      check(symbols.includes(quote.symbol), `${quote.symbol} was not asked for`);
      const [n, t] = [quote.raw.n ?? 0, quote.raw.t ?? 0];
      const old = before.get(quote.symbol);
      check(!old || (n >= old.n && t >= old.t), `${quote.symbol} went back`);
      before.set(quote.symbol, { n, t });
    }
    const state = JSON.stringify(quotes.map(({ raw }) => Object.entries(raw).sort(([a], [b]) => (a < b ? -1 : 1))));
    history.push({ epoch, seq, state });
    if (history.length > 100) history.shift();
  };
  client.on("snapshot", whole);
  client.on("update", whole);
  client.on("state", (state) => {
    const open = state.phase === "open";
    if (!open && !lost) losses++;
    lost = !open;
    if (open && state.synced) return;
    for (const quote of client.quotes()) check(!quote.live, `${quote.symbol} looks live while ${state.phase}`);
  });
  client.on("synced", (event) => {
    if (event.resumed) resumed++;
  });
  client.on("series", (change) => {
    if (change.kind !== "trades") return;
    trades += change.trades.length;
    for (const trade of change.trades) {
      const last = change.reset ? 0 : (numbers.get(change.symbol) ?? 0);
      check(trade.status !== "" || trade.number > last || change.reset, `trade ${trade.number} came after ${last}`);
      numbers.set(change.symbol, Math.max(trade.number, last));
    }
  });
  return () => ({
    violations,
    position: client.position,
    history,
    bars: client
      .bars(symbols[0] ?? "", "1s")
      .slice(-barsLookedAt)
      .map((bar) => [bar.time, bar.close, bar.volume, bar.trades]),
    trades,
    synced: client.state.synced,
    losses,
    resumed,
  });
};

interface Answer {
  readonly epoch: string;
  readonly seq: number;
  readonly quotes: readonly Record<string, unknown>[];
}

const canonical = (quotes: readonly Record<string, unknown>[]): string =>
  JSON.stringify(
    [...quotes]
      .sort((a, b) => (String(a["s"]) < String(b["s"]) ? -1 : 1))
      .map((quote) => Object.entries(quote).sort(([a], [b]) => (a < b ? -1 : 1))),
  );

let server: Server;
let gateways: readonly Gateway[];
let symbols: readonly string[];

beforeAll(async () => {
  server = await startServer({
    TICKERTAPE_FEED_SIM_RATE: "1000",
    TICKERTAPE_FEED_SIM_SYMBOLS: "40",
    TICKERTAPE_FEED_SIM_HALT_EVERY: "1s",
  });
  const built = resolve(import.meta.dirname, "../../client/dist");
  const lab: Record<string, { type: string; body: string }> = {
    "/lab/": { type: "text/html", body: "<!doctype html><title>Lab</title>" },
  };
  for (const file of readdirSync(built).filter((name) => name.endsWith(".js"))) {
    lab[`/lab/${file}`] = { type: "text/javascript", body: readFileSync(`${built}/${file}`, "utf8") };
  }
  gateways = await Promise.all(transports.map(() => startProxy(server.port, lab)));
  const answer = (await (await fetch(`${server.url}/api/symbols?query=&limit=6`)).json()) as {
    symbols: { symbol: string }[];
  };
  symbols = answer.symbols.map(({ symbol }) => symbol);
});
afterAll(async () => {
  for (const gateway of gateways) await gateway.close();
  await server.close();
});

/**
 * Part of a client's waits before it comes back: a fiftieth of what chance gives it otherwise. They double with each failure, and
 * a connection that breaks as often as here could be left alone for half a minute.
 */
const patience = 0.02;

/** Breaks the connection of each at random moments, kills the server once, and wants all of them right in the end. */
const trial = async (seed: number, look: (index: number) => Promise<Findings>) => {
  const chance = random(seed);
  const synced = () =>
    eventually(async () => {
      for (const index of gateways.keys()) expect((await look(index)).history.length).toBeGreaterThan(0);
    });
  await synced();
  for (const half of [0, 1]) {
    for (let cut = 0; cut < 6; cut++) {
      await pause(chance() * 800);
      for (const gateway of gateways) gateway.block.all = chance() < 0.4;
      for (const gateway of gateways) if (gateway.block.all) gateway.cut();
    }
    for (const gateway of gateways) gateway.block.all = false;
    if (half === 0) {
      await server.kill();
      await server.start();
    }
  }

  // Whoever loses the connection resumes the stream from where it was.
  for (const [index, gateway] of gateways.entries()) {
    // All of it from one look: by the next, the connection may be lost already.
    const { losses, resumed } = await eventually(async () => {
      const found = await look(index);
      expect(found.synced, transports[index]).toBe(true);
      expect(found.position, transports[index]).not.toBeNull(); // a slow connection gets it with a later update
      return found;
    });
    gateway.block.all = true;
    gateway.cut();
    await eventually(async () => expect((await look(index)).losses, transports[index]).toBeGreaterThan(losses));
    gateway.block.all = false;
    await eventually(async () => expect((await look(index)).resumed, transports[index]).toBeGreaterThan(resumed));
  }

  // The state at some seq is the server's at the same seq. The server is asked all the time, since one who polls knows few of them.
  const answers = new Map<string, string>();
  const url = `${server.url}/api/quotes?symbols=${symbols.join(",")}`;
  let comparing = true;
  const ask = async () => {
    while (comparing) {
      const answer = (await (await fetch(url)).json()) as Answer;
      answers.set(`${answer.epoch}-${answer.seq}`, canonical(answer.quotes));
      await pause(20);
    }
  };
  const compare = async () => {
    try {
      for (const [index, transport] of transports.entries()) {
        const both = await eventually(async () => {
          const { history } = await look(index);
          const known = history.filter(({ epoch, seq }) => answers.has(`${epoch}-${seq}`));
          expect(known.length, `${transport}: states to compare`).toBeGreaterThan(2);
          return known;
        });
        for (const { epoch, seq, state } of both) expect(state, transport).toBe(answers.get(`${epoch}-${seq}`));
      }
    } finally {
      comparing = false;
    }
  };
  await Promise.all([ask(), compare()]);
  for (const [index, transport] of transports.entries()) {
    // Bars that are over are those that the server tells to others.
    await eventually(async () => {
      const url = `${server.url}/api/bars?symbol=${symbols[0]}&interval=1s&limit=200`;
      const { bars } = (await (await fetch(url)).json()) as { bars: { t: number; c: number; v: number; n: number }[] };
      const wanted = bars.slice(0, -3).map(({ t, c, v, n }) => [t / 1000, c, v, n]);
      const first = wanted[0]?.[0] ?? 0;
      const last = wanted.at(-1)?.[0] ?? 0;
      expect(wanted.length, transport).toBeGreaterThan(5);
      const has = (await look(index)).bars.filter(([time]) => time >= first && time <= last);
      expect(has, transport).toEqual(wanted);
    });
    const findings = await look(index);
    expect(findings.violations, transport).toEqual([]);
    expect(findings.trades, transport).toBeGreaterThan(0);
  }
};

const what = () => ({ symbols, bars: symbols.slice(0, 1), interval: "1s", trades: symbols });

describe("the client library keeps the protocol's promises", { timeout: 180_000 }, () => {
  test.each([1, 2])("in Node, seed %d", async (seed) => {
    const clients = transports.map((transport, index) =>
      createClient({
        url: gateways[index]?.url ?? "",
        transport,
        WebSocket: WebSocket as never,
        random: () => patience * Math.random(),
      }),
    );
    const looks = clients.map((client) => observe(client, symbols));
    for (const client of clients) {
      client.subscribe(what());
      client.connect();
    }
    try {
      await trial(seed, async (index) => looks[index]?.() as Findings);
    } finally {
      for (const client of clients) client.close();
    }
  });

  test("in Chromium, as it is built", async () => {
    const browser = await launch();
    try {
      const pages = await Promise.all(
        transports.map(async (transport, index) => {
          const page = await browser.newPage();
          const base = gateways[index]?.url ?? "";
          await page.goto(`${base}/lab/`);
          await page.evaluate(`import("/lab/client.js").then(({ createClient }) => {
            const random = () => ${patience} * Math.random();
            const client = createClient({ url: "${base}", transport: "${transport}", share: false, random });
            window.look = (${observe.toString()})(client, ${JSON.stringify(symbols)});
            client.subscribe(${JSON.stringify(what())});
            client.connect();
          })`);
          return page;
        }),
      );
      await trial(3, async (index) => (await pages[index]?.evaluate("look()")) as Findings);
    } finally {
      await browser.close();
    }
  });
});

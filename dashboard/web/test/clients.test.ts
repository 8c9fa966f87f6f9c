import { EventSource } from "eventsource";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { random } from "./support/chance.ts";
import { startProxy } from "./support/proxy.ts";
import { writeRecording } from "./support/recording.ts";
import { eventually, type Server, startServer } from "./support/server.ts";

/*
 * A client as someone writes it who has nothing but PROTOCOL.md: forty lines of code on two well-known packages. It
 * shares no code with the page, so that a mistake in the client library cannot hide one of the server.
 */

interface Message {
  readonly type: string;
  readonly epoch?: string;
  readonly seq?: number;
  readonly more?: boolean;
  readonly resumed?: boolean;
  readonly id?: number;
  readonly symbols?: readonly string[];
  readonly quotes?: readonly Record<string, unknown>[];
}
type State = Map<string, Record<string, unknown>>;

class ProtocolClient {
  state: State = new Map();
  position = { epoch: "", seq: 0 };
  follows: Set<string>;
  readonly kinds = new Map<string, number>();
  /** The state after each whole message, newest last. */
  readonly history: { readonly seq: number; readonly state: State }[] = [];
  private first = true;
  private partial: number | null = null;

  constructor(symbols: readonly string[]) {
    this.follows = new Set(symbols);
  }

  get since(): string {
    return `${this.position.epoch}-${this.position.seq}`;
  }

  connected(): void {
    this.first = true;
    this.partial = null;
  }

  receive(message: Message): void {
    if (this.first) expect(message.type).toBe("hello");
    this.first = false;
    this.kinds.set(message.type, (this.kinds.get(message.type) ?? 0) + 1);
    if (message.type === "hello" && message.epoch !== this.position.epoch) {
      this.position = { epoch: message.epoch ?? "", seq: 0 };
      this.state = new Map();
    }
    if (message.type !== "snapshot" && message.type !== "update") return;

    const seq = message.seq ?? Number.NaN;
    expect(seq).toBeGreaterThanOrEqual(this.position.seq); // it never goes back
    if (this.partial !== null) expect(seq).toBe(this.partial); // parts are not mixed with anything
    for (const quote of message.quotes ?? []) {
      const symbol = String(quote["s"]);
      expect(this.follows).toContain(symbol);
      const before = this.state.get(symbol);
      const after: Record<string, unknown> = message.type === "update" ? { ...before } : {};
      for (const [key, value] of Object.entries(quote)) {
        if (value === null) delete after[key];
        else after[key] = value;
      }
      if (before) {
        expect(Number(after["n"] ?? 0)).toBeGreaterThanOrEqual(Number(before["n"] ?? 0)); // nor does any symbol
        expect(Number(after["t"] ?? 0)).toBeGreaterThanOrEqual(Number(before["t"] ?? 0));
      }
      this.state.set(symbol, after);
    }
    this.partial = message.more ? seq : null;
    if (message.more) return;
    this.position = { epoch: this.position.epoch, seq };
    this.history.push({ seq, state: new Map(this.state) });
    if (this.history.length > 100) this.history.shift();
  }
}

const canonical = (quotes: readonly Record<string, unknown>[]): string =>
  JSON.stringify(
    quotes
      .map((quote) => Object.entries(quote).sort(([a], [b]) => (a < b ? -1 : 1)))
      .sort((a, b) =>
        String(a.find(([key]) => key === "s")?.[1]) < String(b.find(([key]) => key === "s")?.[1]) ? -1 : 1,
      ),
  );

interface Answer {
  readonly epoch: string;
  readonly seq: number;
  readonly quotes: readonly Record<string, unknown>[];
}

const ofOneFlush = 256; // quotes of an answer, at most

/** The client's state at some seq is the server's at the same seq. */
const agrees = async (server: Server, client: ProtocolClient) => {
  const follows = [...client.follows];
  for (let from = 0; from < follows.length; from += ofOneFlush) {
    const part = follows.slice(from, from + ofOneFlush);
    const url = `${server.url}/api/quotes?symbols=${part.map(encodeURIComponent).join(",")}`;
    await eventually(async () => {
      const answer = (await (await fetch(url)).json()) as Answer;
      await eventually(() => expect(client.position.seq).toBeGreaterThan(answer.seq), 5000);
      expect(answer.epoch).toBe(client.position.epoch);
      const then = client.history.findLast(({ seq }) => seq <= answer.seq);
      const known = part.map((symbol) => then?.state.get(symbol)).filter((quote) => quote !== undefined);
      expect(canonical(known)).toBe(canonical(answer.quotes));
    });
  }
};

let server: Server;
let all: readonly string[];

beforeAll(async () => {
  server = await startServer({
    TICKERTAPE_FEED_SIM_RATE: "5000",
    TICKERTAPE_FEED_SIM_HALT_EVERY: "1s",
    TICKERTAPE_BROADCAST_RETRY: "500ms",
  });
  const answer = (await (await fetch(`${server.url}/api/symbols?query=&limit=500`)).json()) as {
    symbols: { symbol: string }[];
  };
  all = answer.symbols.map(({ symbol }) => symbol);
});
afterAll(() => server.close());

describe("a plain WebSocket client", () => {
  test.each([1, 2, 3])("converges whatever it asks for, seed %d", async (seed) => {
    const chance = random(seed);
    const pick = () => all[Math.floor(chance() * all.length)] as string;
    const client = new ProtocolClient([pick(), pick(), pick()]);
    let failure: unknown = null;
    const current: { socket: WebSocket | null } = { socket: null };
    let nextId = 1;
    const waiting = new Map<number, () => void>();

    const connect = async (resume: boolean) => {
      const since = resume ? `&since=${client.since}` : "";
      const opened = new WebSocket(
        `ws://127.0.0.1:${server.port}/ws?symbols=${[...client.follows].join(",")}${since}`,
        "tickertape.v1.json",
      );
      current.socket = opened;
      client.connected();
      const before = client.kinds.get("snapshot") ?? 0;
      opened.on("message", (data) => {
        try {
          if (current.socket !== opened) return;
          const message = JSON.parse(String(data)) as Message;
          client.receive(message);
          if (message.id !== undefined) waiting.get(message.id)?.();
        } catch (error) {
          failure ??= error;
        }
      });
      opened.on("error", (error) => {
        failure ??= error;
      });
      await eventually(() => expect(client.kinds.get("snapshot") ?? 0).toBeGreaterThan(before));
    };
    const ask = (message: object) =>
      new Promise<void>((done) => {
        const id = nextId++;
        waiting.set(id, done);
        current.socket?.send(JSON.stringify({ id, ...message }));
      });
    const updates = async (count: number) => {
      const target = (client.kinds.get("update") ?? 0) + count;
      await eventually(() => expect(client.kinds.get("update") ?? 0).toBeGreaterThanOrEqual(target));
    };

    await connect(false);
    for (let step = 0; step < 25; step++) {
      const dice = chance();
      if (dice < 0.45) {
        const symbols = Array.from({ length: 1 + Math.floor(chance() * 40) }, pick);
        for (const symbol of symbols) client.follows.add(symbol);
        await ask({ type: "subscribe", symbols });
      } else if (dice < 0.65 && client.follows.size > 20) {
        const symbols = [...client.follows].filter(() => chance() < 0.3);
        if (symbols.length > 0) await ask({ type: "unsubscribe", symbols });
        for (const symbol of symbols) {
          client.follows.delete(symbol);
          client.state.delete(symbol);
        }
      } else if (dice < 0.8) {
        const before = client.kinds.get("snapshot") ?? 0;
        current.socket?.send('{"type":"pause","id":0}');
        await ask({ type: "ping" });
        const updatesBefore = client.kinds.get("update") ?? 0;
        await ask({ type: "ping" });
        expect(client.kinds.get("update") ?? 0).toBe(updatesBefore); // nothing but heartbeats
        current.socket?.send('{"type":"resume","id":0}');
        await eventually(() => expect(client.kinds.get("snapshot") ?? 0).toBeGreaterThan(before));
      } else {
        current.socket?.terminate();
        await connect(chance() < 0.7);
      }
      await updates(1);
      if (failure) throw failure;
    }
    await agrees(server, client);
    if (failure) throw failure;
    current.socket?.close();
  });

  test("gets everything in parts, and a position that moves with the last", async () => {
    const client = new ProtocolClient(all);
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws?symbols=*`);
    let failure: unknown = null;
    let parts = 0;
    socket.on("message", (data) => {
      try {
        expect(String(data).length).toBeLessThanOrEqual(65_536);
        const message = JSON.parse(String(data)) as Message;
        if (message.more) parts++;
        client.receive(message);
      } catch (error) {
        failure ??= error;
      }
    });
    await eventually(() => expect(client.state.size).toBe(all.length));
    await agrees(server, client);
    if (failure) throw failure;
    expect(parts).toBeGreaterThan(0);
    socket.close();
  });
});

describe("a plain EventSource", () => {
  test("converges, and when it is cut comes back by itself and gets only what has changed", async () => {
    const gateway = await startProxy(server.port);
    const followed = all.slice(0, 200);
    const client = new ProtocolClient(followed);
    let failure: unknown = null;
    let hellos = 0;
    let resumed = 0;
    const source = new EventSource(`${gateway.url}/events?symbols=${followed.join(",")}`);
    for (const type of ["hello", "subscribed", "snapshot", "update", "heartbeat", "status"]) {
      source.addEventListener(type, (event) => {
        try {
          const message = JSON.parse(String(event.data)) as Message;
          expect(message.type).toBe(type);
          if (type === "hello") {
            hellos++;
            client.connected();
          }
          if (message.resumed && !message.more) resumed++;
          client.receive(message);
          if (type === "update" && !message.more) expect(event.lastEventId).toBe(client.since);
        } catch (error) {
          failure ??= error;
        }
      });
    }
    const updates = (count: number) =>
      eventually(() => expect(client.kinds.get("update") ?? 0).toBeGreaterThanOrEqual(count));
    await updates(3);
    gateway.cut();
    await eventually(() => expect(resumed).toBe(1));
    expect(hellos).toBe(2);
    await updates((client.kinds.get("update") ?? 0) + 3);
    await agrees(server, client);
    source.close();
    await gateway.close();
    if (failure) throw failure;
  });
});

describe("when the market has come to rest", () => {
  test("whoever listens, by whatever means, knows exactly what the server does", async () => {
    const recording = writeRecording(8);
    const replay = await startServer(recording.environment);
    let failure: unknown = null;
    const receive = (client: ProtocolClient) => (data: unknown) => {
      try {
        client.receive(JSON.parse(String(data)) as Message);
      } catch (error) {
        failure ??= error;
      }
    };
    const list = recording.symbols.join(",");

    const fast = new ProtocolClient(recording.symbols);
    const fastSocket = new WebSocket(`ws://127.0.0.1:${replay.port}/ws?symbols=${list}`).on("message", receive(fast));
    const slow = new ProtocolClient(recording.symbols);
    const slowSocket = new WebSocket(`ws://127.0.0.1:${replay.port}/ws?symbols=${list}&rate=1`).on(
      "message",
      receive(slow),
    );
    const listener = new ProtocolClient(recording.symbols);
    const source = new EventSource(`${replay.url}/events?symbols=${list}`);
    for (const type of ["hello", "snapshot", "update"]) {
      source.addEventListener(type, (event) => receive(listener)(event.data));
    }

    const rest = await eventually(async () => {
      const answer = (await (await fetch(`${replay.url}/api/quotes?symbols=${list}`)).json()) as Answer & {
        status: string;
      };
      expect(answer.status).toBe("closed"); // the recording has ended,
      for (const quote of answer.quotes) expect(quote["st"]).toBeDefined(); // and no old price is shown as live
      return answer;
    }, 30_000);
    const known = canonical(rest.quotes);
    for (const client of [fast, slow, listener]) {
      await eventually(() => expect(canonical([...client.state.values()])).toBe(known));
    }
    expect(fast.kinds.get("update") ?? 0).toBeGreaterThan(slow.kinds.get("update") ?? 0);

    // Nothing that aggregates is lost to conflation: the count is that of the recording's trades.
    const trades = rest.quotes.reduce((sum, { n }) => sum + Number(n ?? 0), 0);
    expect(trades).toBe(recording.trades);

    fastSocket.close();
    slowSocket.close();
    source.close();
    await replay.close();
    recording.close();
    if (failure) throw failure;
  });
});

describe("a plain long poll", () => {
  test("converges by merging what changed since its position", async () => {
    const symbols = all.slice(0, 100).join(",");
    const state: State = new Map();
    let position = "";
    let last = 0;
    for (let round = 0; round < 8; round++) {
      const since = position === "" ? "" : `&since=${position}&wait=25s`;
      const response = await fetch(`${server.url}/api/quotes?symbols=${symbols}${since}`);
      expect(response.status).toBe(200);
      const answer = (await response.json()) as Answer & { readonly resumed?: boolean };
      expect(answer.resumed ?? false).toBe(position !== "");
      if (round > 0) expect(answer.seq).toBeGreaterThan(last);
      last = answer.seq;
      position = `${answer.epoch}-${answer.seq}`;
      for (const quote of answer.quotes) {
        const whole = Object.fromEntries(Object.entries(quote).filter(([, value]) => value !== null));
        state.set(String(quote["s"]), whole);
      }
      const now = (await (await fetch(`${server.url}/api/quotes?symbols=${symbols}`)).json()) as Answer;
      if (now.seq === answer.seq) expect(canonical([...state.values()])).toBe(canonical(now.quotes));
    }
  });

  test("is answered with 204 when nothing has changed in time", async () => {
    let status: number;
    let changed: number;
    do {
      const name = await eventually(async () => {
        const { quotes } = (await (await fetch(`${server.url}/api/quotes?symbols=*`)).json()) as Answer;
        const halted = quotes.find(({ st }) => st === "halted");
        if (!halted) throw new Error("nothing is halted");
        return String(halted["s"]);
      });
      const { epoch, seq } = (await (await fetch(`${server.url}/api/quotes?symbols=${name}`)).json()) as Answer;
      const response = await fetch(`${server.url}/api/quotes?symbols=${name}&since=${epoch}-${seq}&wait=1s`);
      status = response.status;
      changed = status === 200 ? ((await response.json()) as Answer).quotes.length : 0;
    } while (changed > 0); // the halt has ended meanwhile
    expect(status).toBe(204);
  });
});

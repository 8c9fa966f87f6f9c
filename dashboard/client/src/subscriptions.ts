import { formatPosition, type Position, parsePosition, type ServerMessage } from "./protocol.ts";
import { type Series, type StreamRequest, streamQuery } from "./transport.ts";
import { seriesKey, type Want } from "./want.ts";

const messageLimit = 3000; // bytes of one subscribe message; servers take at least 4 KiB
const fastest = 1000; // updates a second: more than any server flushes

interface Followed extends Series {
  /** How far it has been told, by its own messages. */
  at: Position | null;
}

interface Asked {
  readonly symbols: readonly string[];
  /** A snapshot follows the answer. */
  readonly snapshot: boolean;
}

export type Send = (message: {
  readonly type: "subscribe" | "unsubscribe";
  readonly [key: string]: unknown;
}) => number | null;

/**
 * What is followed, what the server has been told of that on the present stream, and how far it has
 * told us: everything that is needed to take a stream up again.
 */
export function createSubscriptions() {
  // What is wanted.
  let wanted: ReadonlySet<string> = new Set();
  let series: ReadonlyMap<string, Followed> = new Map();
  let rate: number | null = null;
  let fields: readonly string[] | null = null;

  // Whether our position speaks for them.
  let epoch = "";
  let position: Position | null = null;
  const settled = new Set<string>();

  // The stream.
  let duplex = true;
  let told = new Set<string>();
  const toldSeries = new Set<string>();
  let toldRate: number | null = null;
  let toldFields: readonly string[] | null = null;
  let initial = 0; // snapshots of the start that are still to come
  let initialSeq = Number.POSITIVE_INFINITY;
  let initialResumed = true;
  let parts: string[][] = [];
  let since: string | null = null;
  const asked = new Map<number, Asked>();
  const answered: (readonly string[])[] = [];

  const chunk = (symbols: readonly string[]): string[][] => {
    const chunks: string[][] = [];
    let size = messageLimit;
    for (const symbol of symbols) {
      const bytes = 3 * symbol.length + 3; // UTF-8 at its longest, quotes and a comma
      if (size + bytes > messageLimit) {
        chunks.push([]);
        size = 0;
      }
      chunks.at(-1)?.push(symbol);
      size += bytes;
    }
    return chunks;
  };

  const advance = (seq: number) => {
    if (Number.isFinite(seq)) position = { epoch, seq: position?.epoch === epoch ? Math.max(position.seq, seq) : seq };
  };

  const settle = (symbols: Iterable<string>) => {
    for (const symbol of symbols) if (wanted.has(symbol)) settled.add(symbol);
  };

  const ask = (symbols: readonly string[], send: Send, from: string | null): void => {
    const id = send({ type: "subscribe", symbols, ...(from !== null && { since: from }) });
    if (id === null) return;
    asked.set(id, { symbols, snapshot: true });
    for (const symbol of symbols) told.add(symbol);
  };

  const askSeries = (key: string, one: Followed, send: Send): void => {
    const what =
      one.interval === null
        ? { trades: [one.symbol] }
        : { bars: [one.symbol], interval: one.interval, ...(one.limit !== null && { limit: one.limit }) };
    const id = send({
      type: "subscribe",
      ...what,
      ...(one.at?.epoch === epoch && { since: formatPosition(one.at) }),
    });
    if (id === null) return;
    asked.set(id, { symbols: [], snapshot: false });
    toldSeries.add(key);
  };

  const startOver = () => {
    initialSeq = Number.POSITIVE_INFINITY;
    initialResumed = true;
  };

  return {
    get wanted(): ReadonlySet<string> {
      return wanted;
    },

    want(next: Want): void {
      wanted = new Set(next.symbols);
      series = new Map(next.series.map((one) => [seriesKey(one), series.get(seriesKey(one)) ?? { ...one, at: null }]));
      ({ rate, fields } = next);
      for (const name of settled) if (!wanted.has(name) && !series.has(name)) settled.delete(name);
    },

    get position(): Position | null {
      return position;
    },
    get starting(): boolean {
      return initial > 0;
    },
    get resumed(): boolean {
      return initialResumed;
    },

    /** Takes up what another has been told, as its own. */
    adopt(from: Position, symbols: Iterable<string>): void {
      ({ epoch } = from);
      position = from;
      settle(symbols);
    },

    /** What a new stream is to be asked for. */
    open(two: boolean, queryLimit: number): StreamRequest {
      duplex = two;
      asked.clear();
      answered.length = 0;
      const symbols = [...wanted];
      const all = duplex ? [] : [...series.values()];
      const whole = [...symbols, ...all.map(seriesKey)].every((name) => settled.has(name));
      since = whole && position ? formatPosition(position) : null;
      const full = { symbols, series: all, rate, fields, since };
      const fits = !duplex || streamQuery(full).length <= queryLimit;
      const request = fits ? full : { ...full, symbols: [], since: null };
      told = new Set(request.symbols);
      toldSeries.clear();
      for (const one of all) toldSeries.add(seriesKey(one));
      toldRate = rate;
      toldFields = fields;
      parts = fits ? [] : chunk(symbols);
      initial = fits ? Math.min(symbols.length, 1) : parts.length;
      startOver();
      return request;
    },

    /** A stream has said hello; `again` when it had before: a poll has found another run of the server. */
    greet(next: string, again: boolean, send: Send): void {
      epoch = next;
      if (position && position.epoch !== epoch) position = null;
      if (again && told.size > 0) {
        initial = 1;
        startOver();
      }
      for (const part of parts) ask(part, send, since);
      parts = [];
      if (duplex && !again) for (const [key, one] of series) askSeries(key, one, send);
    },

    /** Takes in a message. True when all that was asked for at the start has been told with it. */
    take(message: ServerMessage, marked: string | undefined): boolean {
      if (marked) position = parsePosition(marked) ?? position;
      const bySeq = marked === undefined;
      switch (message.type) {
        case "hello":
          return initial === 0;
        case "subscribed": {
          const request = message.id === undefined ? undefined : asked.get(message.id);
          if (message.id !== undefined) asked.delete(message.id);
          if (request?.snapshot && initial === 0) answered.push(request.symbols); // of what was added
          return false;
        }
        case "snapshot":
          if (message.more) return false;
          if (initial > 0) {
            initialSeq = Math.min(initialSeq, message.seq);
            initialResumed &&= message.resumed === true;
            if (--initial > 0) return false;
            if (bySeq) advance(initialSeq);
            settle(told);
            return true;
          }
          if (!message.resumed) {
            // It speaks for the symbols that were added only, so the position stays where it is.
            settle(answered.shift() ?? []);
          } else if (bySeq) advance(message.seq); // after a pause: it speaks for everything
          return false;
        case "update":
          if (bySeq && !message.more && initial === 0) advance(message.seq);
          return false;
        case "bars":
        case "trades": {
          const key = seriesKey({
            symbol: message.symbol,
            interval: message.type === "bars" ? message.interval : null,
          });
          const one = series.get(key);
          if (!one || message.more) return false;
          one.at = { epoch, seq: message.seq };
          settled.add(key);
          return false;
        }
        case "error": {
          const request = message.id === undefined ? undefined : asked.get(message.id);
          if (message.id === undefined || !request) return false;
          asked.delete(message.id);
          settle(request.symbols); // refused: there will be no snapshot to wait for
          return request.snapshot && initial > 0 && --initial === 0;
        }
        default:
          return false;
      }
    },

    /** Whether the server knows another set than what is wanted. */
    get stale(): boolean {
      return (
        rate !== toldRate ||
        String(fields) !== String(toldFields) ||
        wanted.size !== told.size ||
        [...wanted].some((symbol) => !told.has(symbol)) ||
        series.size !== toldSeries.size ||
        [...series.keys()].some((key) => !toldSeries.has(key))
      );
    },

    /** Brings the server's idea in line with ours, over a stream that can be spoken to. */
    flush(send: Send): void {
      const removed = [...told].filter((symbol) => !wanted.has(symbol));
      if (removed.some((symbol) => symbol === "*" || symbol.startsWith("#"))) {
        // Others that are wanted may be in it, so all go, and those come back.
        if (send({ type: "unsubscribe", symbols: ["*"] }) !== null) told.clear();
      } else {
        for (const part of chunk(removed)) {
          if (send({ type: "unsubscribe", symbols: part }) !== null) for (const symbol of part) told.delete(symbol);
        }
      }
      for (const key of [...toldSeries].filter((name) => !series.has(name))) {
        const [kind = "", symbol = ""] = key.split(" ");
        const what = kind === "trades" ? { trades: [symbol] } : { bars: [symbol], interval: kind };
        if (send({ type: "unsubscribe", ...what }) !== null) toldSeries.delete(key);
      }
      const other = String(fields) !== String(toldFields);
      if (rate !== toldRate || other) {
        const id = send({ type: "subscribe", rate: rate ?? fastest, ...(other && { fields: fields ?? [] }) });
        if (id !== null) {
          asked.set(id, { symbols: [...told], snapshot: other && told.size > 0 });
          toldRate = rate;
          toldFields = fields;
        }
      }
      for (const part of chunk([...wanted].filter((symbol) => !told.has(symbol)))) ask(part, send, null);
      for (const [key, one] of series) if (!toldSeries.has(key)) askSeries(key, one, send);
    },
  };
}

export type Subscriptions = ReturnType<typeof createSubscriptions>;

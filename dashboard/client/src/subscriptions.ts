import type { Send } from "./connection.ts";
import type { SeriesLedger } from "./ledger.ts";
import { formatPosition, type Position, parsePosition, type ServerMessage } from "./protocol.ts";
import { type StreamRequest, streamQuery } from "./transport.ts";
import { isGroup, type Want, wantsNothing, without } from "./want.ts";

const messageLimit = 3000; // bytes of one subscribe message; servers take at least 4 KiB
const fastest = 1000; // updates a second: more than any server flushes

interface Asked {
  readonly symbols: readonly string[];
  /** A snapshot follows the answer. */
  readonly snapshot: boolean;
}

/** As many symbols as one message may name. */
function* chunks(symbols: readonly string[]): Generator<readonly string[]> {
  let size = 0;
  let from = 0;
  for (const [index, symbol] of symbols.entries()) {
    const bytes = 3 * symbol.length + 3; // UTF-8 at its longest, quotes and a comma
    if (size + bytes > messageLimit) {
      yield symbols.slice(from, index);
      from = index;
      size = 0;
    }
    size += bytes;
  }
  if (from < symbols.length) yield symbols.slice(from);
}

/**
 * What is followed, what the server has been told of that on the present stream, and how far it has
 * told us: everything that is needed to take a stream up again.
 */
export function createSubscriptions() {
  // What is wanted.
  let want: Want = wantsNothing;
  let symbols: ReadonlySet<string> = new Set();
  let series: SeriesLedger | null = null;

  // How far we have been told, and of which symbols.
  let epoch = "";
  let position: Position | null = null;
  const settled = new Set<string>();

  // The stream.
  let duplex = true;
  let told = new Set<string>();
  let toldWant = want; // its rate and fields
  let initial = 0; // snapshots of the start that are still to come
  let initialSeq = 0;
  let initialResumed = true;
  let parts: readonly (readonly string[])[] = [];
  let since: string | null = null;
  const asked = new Map<number, Asked>();
  const answered: (readonly string[])[] = [];

  const advance = (seq: number) => {
    position = { epoch, seq: position?.epoch === epoch ? Math.max(position.seq, seq) : seq };
  };

  const settle = (names: Iterable<string>) => {
    for (const name of names) if (symbols.has(name)) settled.add(name);
  };

  const ask = (names: readonly string[], send: Send, from: string | null): void => {
    const id = send({ type: "subscribe", symbols: names, ...(from && { since: from }) });
    if (id === null) return;
    asked.set(id, { symbols: names, snapshot: true });
    for (const name of names) told.add(name);
  };

  const begin = (snapshots: number) => {
    initial = snapshots;
    initialSeq = Number.POSITIVE_INFINITY;
    initialResumed = true;
  };

  const otherFields = () => String(want.fields) !== String(toldWant.fields);

  return {
    get wanted(): Want {
      return want;
    },

    /** From now on bars and trades are followed as well. */
    carry(ledger: SeriesLedger): void {
      series = ledger;
      series.greet(epoch);
      series.want(want.series);
    },

    want(next: Want): void {
      want = next;
      symbols = new Set(want.symbols);
      for (const name of without(settled, symbols)) settled.delete(name);
      series?.want(want.series);
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
    adopt(from: Position, names: Iterable<string>): void {
      ({ epoch } = from);
      position = from;
      settle(names);
    },

    /** What a new stream is to be asked for. */
    open(two: boolean, queryLimit: number): StreamRequest {
      duplex = two;
      asked.clear();
      answered.length = 0;
      toldWant = want;
      const { rate, fields } = want;
      const whole = without(symbols, settled).length === 0 && (duplex || series?.settled !== false);
      since = whole && position ? formatPosition(position) : null;
      const full = { symbols: [...symbols], series: series?.open(duplex) ?? [], rate, fields, since };
      const fits = !duplex || streamQuery(full).length <= queryLimit;
      const request = fits ? full : { ...full, symbols: [], since: null };
      told = new Set(request.symbols);
      parts = fits ? [] : [...chunks(full.symbols)];
      begin(fits ? Math.min(symbols.size, 1) : parts.length);
      return request;
    },

    /** A stream has said hello; `again` when it had before: a poll has found another run of the server. */
    greet(next: string, again: boolean, send: Send): void {
      epoch = next;
      if (position?.epoch !== epoch) position = null;
      if (again && told.size > 0) begin(1);
      for (const part of parts) ask(part, send, since);
      parts = [];
      series?.greet(epoch);
      if (duplex && !again) series?.flush(send);
    },

    /** Takes in a message. True when all that was asked for at the start has been told with it. */
    take(message: ServerMessage, marked: string | undefined): boolean {
      if (marked) position = parsePosition(marked) ?? position;
      const bySeq = marked === undefined;
      switch (message.type) {
        case "hello":
          return initial === 0;
        case "subscribed":
        case "error": {
          const id = message.id ?? 0;
          const request = asked.get(id);
          asked.delete(id);
          if (!request) return false;
          if (message.type === "error") {
            settle(request.symbols); // refused: there will be no snapshot to wait for
            return request.snapshot && initial > 0 && --initial === 0;
          }
          if (request.snapshot && initial === 0) answered.push(request.symbols); // of what was added
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
        case "trades":
          series?.take(message);
      }
      return false;
    },

    /** Whether the server knows another set than what is wanted. */
    get stale(): boolean {
      return (
        want.rate !== toldWant.rate ||
        otherFields() ||
        symbols.size !== told.size ||
        without(symbols, told).length > 0 ||
        series?.stale === true
      );
    },

    /** Brings the server's idea in line with ours, over a stream that can be spoken to. */
    flush(send: Send): void {
      const removed = without(told, symbols);
      // Others that are wanted may be in a list, so all go with it, and those come back.
      for (const part of removed.some(isGroup) ? [["*"]] : chunks(removed)) {
        if (send({ type: "unsubscribe", symbols: part }) === null) continue;
        if (part[0] === "*") told.clear();
        else for (const symbol of part) told.delete(symbol);
      }
      const other = otherFields();
      if (want.rate !== toldWant.rate || other) {
        const { rate, fields } = want;
        const id = send({ type: "subscribe", rate: rate ?? fastest, ...(other && { fields: fields ?? [] }) });
        if (id !== null) {
          asked.set(id, { symbols: [...told], snapshot: other && told.size > 0 });
          toldWant = want;
        }
      }
      for (const part of chunks(without(symbols, told))) ask(part, send, null);
      series?.flush(send);
    },
  };
}

export type Subscriptions = ReturnType<typeof createSubscriptions>;

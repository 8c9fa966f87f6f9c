import { asksNothing, beatAlone } from "./beat.ts";
import {
  fits,
  formatPosition,
  isServerMessage,
  type Position,
  type QuotePatch,
  type SourceStatus,
} from "./protocol.ts";
import { wholeQuery } from "./query.ts";
import type { Closing, Transport } from "./transport.ts";

export interface PollOptions {
  /** Of the endpoint, without a query: "/api/quotes". */
  readonly url: string;
  readonly fetch: (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;
  /** How long the server may hold a request, in seconds. */
  readonly wait?: number;
  /** The least time between two requests, in ms: a busy market must not become a busy loop. */
  readonly pace?: number;
  readonly now?: () => number;
}

/** The answer of GET /api/quotes. */
interface QuotesAnswer {
  readonly epoch: string;
  readonly seq: number;
  readonly time: number;
  readonly source?: string;
  readonly simulated?: boolean;
  readonly status?: string;
  readonly sources?: readonly SourceStatus[];
  readonly resumed?: boolean;
  readonly unknown?: readonly string[];
  readonly heartbeat_ms?: number;
  readonly quotes: readonly QuotePatch[];
  /** The messages that a stream would have told. */
  readonly bars?: readonly unknown[];
  readonly trades?: readonly unknown[];
}

const isQuotesAnswer = (value: unknown): value is QuotesAnswer =>
  fits(value, { epoch: "", seq: 0, time: 0, quotes: [{ s: "" }] }) &&
  fits((value as QuotesAnswer).sources ?? [], [{ status: "" }]);

const hello = (answer: QuotesAnswer) => ({
  type: "hello" as const,
  protocol: 1,
  epoch: answer.epoch,
  seq: answer.seq,
  time: answer.time,
  ...(answer.heartbeat_ms !== undefined && { heartbeat_ms: answer.heartbeat_ms }),
  ...(answer.source !== undefined && { source: answer.source }),
  ...(answer.simulated !== undefined && { simulated: answer.simulated }),
  ...(answer.sources !== undefined && { sources: answer.sources }),
  ...(answer.status !== undefined && { status: answer.status }),
});

async function refusal(response: Response): Promise<Closing> {
  let reason = `HTTP ${response.status}`;
  try {
    const problem: unknown = await response.json();
    if (typeof problem === "object" && problem !== null && "detail" in problem && typeof problem.detail === "string") {
      reason = problem.detail;
    }
  } catch {
    // not a problem document: the status has to do
  }
  const seconds = Number(response.headers.get("Retry-After"));
  const comeBack = response.status >= 500 || [408, 425, 429].includes(response.status);
  return { code: 1006, reason, comeBack, ...(seconds > 0 && { after: seconds * 1000 }) };
}

/** Long polling: each answer is told as the message that a stream would have sent. */
export function createPollTransport(options: PollOptions): Transport {
  const { url, fetch, wait = 25, pace = 1000, now = Date.now } = options;
  return {
    name: "poll",
    duplex: false,
    queryLimit: 30_000,
    quiet: wait * 1000,
    open(request, handlers) {
      if (asksNothing(request)) return beatAlone(handlers);
      const abort = new AbortController();
      let timer: ReturnType<typeof setTimeout> | undefined;
      let position: Position | null = null;
      let sources = new Set<string>(); // as they stood, each as text

      const end = (closing: Closing) => {
        if (abort.signal.aborted) return;
        abort.abort();
        clearTimeout(timer);
        handlers.closed(closing);
      };

      const take = (answer: QuotesAnswer) => {
        const first = position?.epoch !== answer.epoch;
        const resumed = answer.resumed === true;
        if (first || !resumed) {
          handlers.message(hello(answer));
          if (answer.unknown) {
            handlers.message({ type: "subscribed", symbols: request.symbols, unknown: answer.unknown });
          }
        } else {
          for (const source of answer.sources ?? []) {
            if (!sources.has(JSON.stringify(source))) handlers.message({ type: "status", ...source });
          }
        }
        sources = new Set((answer.sources ?? []).map((source) => JSON.stringify(source)));
        position = { epoch: answer.epoch, seq: answer.seq };
        for (const message of [...(answer.bars ?? []), ...(answer.trades ?? [])]) {
          if (isServerMessage(message)) handlers.message(message, "");
        }
        handlers.message(
          { type: "snapshot", seq: answer.seq, time: answer.time, quotes: answer.quotes, ...(resumed && { resumed }) },
          formatPosition(position),
        );
      };

      const ask = async () => {
        const started = now();
        // The first request is not to be held: its answer tells whether this transport works at all.
        const since = position ? formatPosition(position) : request.since;
        let query = wholeQuery({ ...request, since });
        if (position) query += `&wait=${wait}s`;
        try {
          const response = await fetch(url + query, { signal: abort.signal });
          if (abort.signal.aborted) return;
          if (response.status === 204) {
            handlers.message({ type: "heartbeat" });
          } else if (response.ok) {
            const answer: unknown = await response.json();
            if (abort.signal.aborted) return;
            if (!isQuotesAnswer(answer)) throw new Error("not an answer of this protocol");
            take(answer);
          } else {
            end(await refusal(response));
            return;
          }
        } catch (error) {
          end({ code: 1006, reason: error instanceof Error ? error.message : "", comeBack: true });
          return;
        }
        if (!abort.signal.aborted) timer = setTimeout(() => void ask(), Math.max(0, started + pace - now()));
      };

      timer = setTimeout(() => void ask(), 0);
      return {
        send: () => false,
        buffered: () => 0,
        close() {
          abort.abort();
          clearTimeout(timer);
        },
      };
    },
  };
}

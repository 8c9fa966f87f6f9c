import { fits, isServerMessage } from "../protocol/codec.ts";
import type { QuotePatch, SourceStatus } from "../protocol/messages.ts";
import type { Closing } from "../transport/closing.ts";
import type { Transport } from "../transport/transport.ts";
import { asksNothing, beatAlone, mute } from "./beat.ts";
import { wholeQuery } from "./query.ts";

/** The options of long polling. */
export interface PollOptions {
  /** The endpoint, without a query: "/api/quotes". */
  readonly url: string;
  readonly fetch: (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;
  readonly now: () => number;
}

const wait = 25; // seconds that the server may hold a request
const pace = 1000; // ms between two requests at least, however busy the market is

/** The answer of GET /api/quotes. */
interface QuotesAnswer {
  readonly epoch: string;
  readonly seq: number;
  readonly time: number;
  readonly source?: string;
  readonly simulated?: boolean;
  readonly replayed?: boolean;
  readonly status?: string;
  readonly sources?: readonly SourceStatus[];
  readonly resumed?: boolean;
  readonly unknown?: readonly string[];
  readonly heartbeat_ms?: number;
  readonly quotes: readonly QuotePatch[];
  /** The messages that a stream would have sent. */
  readonly bars?: readonly unknown[];
  readonly trades?: readonly unknown[];
}

const isQuotesAnswer = (value: unknown): value is QuotesAnswer =>
  fits(value, { epoch: "", seq: 0, time: 0, quotes: [{ s: "" }] });

async function refusal(response: Response): Promise<Closing> {
  const { status, headers } = response;
  const problem: unknown = await response.json().catch(() => null);
  const seconds = Number(headers.get("Retry-After"));
  return {
    reason: fits(problem, { detail: "" }) ? problem.detail : `HTTP ${status}`,
    comeBack: status >= 500 || [408, 425, 429].includes(status),
    ...(seconds > 0 && { after: seconds * 1000 }),
  };
}

/** Long polling: each answer becomes the messages that a stream would have sent. */
export const createPollTransport = ({ url, fetch, now }: PollOptions): Transport => ({
  name: "poll",
  duplex: false,
  quiet: wait * 1000,
  open(request, handlers) {
    if (asksNothing(request)) return beatAlone(handlers);
    const abort = new AbortController();
    const { signal } = abort;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let position: string | null = null;
    let known = new Set<string>(); // the sources of the last answer, each as text
    let missing: readonly string[] = []; // the unknown names of the last answer

    const take = ({ unknown = [], resumed = false, quotes, bars = [], trades = [], ...rest }: QuotesAnswer) => {
      const { epoch, seq, time, sources = [] } = rest;
      const names = new Set(unknown);
      const messages: unknown[] = [];
      if (resumed && position?.startsWith(`${epoch}-`)) {
        const changed = sources.filter((source) => !known.has(JSON.stringify(source)));
        messages.push(...changed.map((source) => ({ type: "status", ...source })));
        const found = missing.filter((name) => !names.has(name));
        if (found.length) messages.push({ type: "subscribed", symbols: found });
      } else {
        messages.push({ type: "hello", protocol: 1, ...rest });
        const known = request.symbols.filter((name) => !names.has(name));
        if (unknown.length) messages.push({ type: "subscribed", symbols: known, unknown });
      }
      missing = unknown;
      known = new Set(sources.map((source) => JSON.stringify(source)));
      messages.push(...bars, ...trades);
      for (const message of messages) if (isServerMessage(message)) handlers.message(message);
      position = `${epoch}-${seq}`;
      handlers.message({ type: "snapshot", seq, time, quotes, ...(resumed && { resumed }) }, position);
    };

    const ask = async (): Promise<Closing | null> => {
      // The first request does not wait: its answer shows whether this transport works at all.
      const query = wholeQuery({ ...request, since: position ?? request.since });
      const response = await fetch(url + query + (position ? `&wait=${wait}s` : ""), { signal });
      if (response.status === 204) handlers.message({ type: "heartbeat" });
      else if (response.ok) {
        const answer: unknown = await response.json();
        if (!isQuotesAnswer(answer)) throw new Error("not an answer of this protocol");
        take(answer);
      } else return refusal(response);
      return null;
    };

    const repeat = async () => {
      const started = now();
      const closing = await ask().catch(
        (error: unknown): Closing => ({
          reason: error instanceof Error ? error.message : "",
        }),
      );
      if (signal.aborted) return;
      if (closing) handlers.closed(closing);
      else timer = setTimeout(repeat, Math.max(0, started + pace - now()));
    };

    timer = setTimeout(repeat, 0);
    return {
      ...mute,
      close() {
        abort.abort();
        clearTimeout(timer);
      },
    };
  },
});

import type { QuotePatch, SourceStatus } from "../protocol/messages.ts";
import type { Closing } from "../transport/closing.ts";
import type { Transport } from "../transport/transport.ts";
import { asksNothing, beatAlone, mute } from "./beat.ts";
import { createQueries } from "./query.ts";

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

/** Why a request was refused. `long`: its query may have been too long. */
async function refusal(response: Response, series: boolean, long: boolean): Promise<Closing> {
  const { status, headers } = response;
  const problem = await response.json().catch(() => null);
  const seconds = Number(headers.get("Retry-After"));
  const tooLong = [414, 431].includes(status);
  const tooMuch = series && (problem?.code === "too_many_symbols" || (tooLong && !long));
  return {
    reason: typeof problem?.detail === "string" ? problem.detail : `HTTP ${status}`,
    comeBack: status >= 500 || [408, 425, 429].includes(status) || tooLong || tooMuch,
    tooMuch,
    ...(seconds > 0 && { after: seconds * 1000 }),
  };
}

/** Long polling: each answer becomes the messages that a stream would have sent. */
export function createPollTransport({ url, fetch, now }: PollOptions): Transport {
  const queries = createQueries();
  return {
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
          const symbols = request.symbols.filter((name) => !names.has(name));
          if (unknown.length) messages.push({ type: "subscribed", symbols, unknown });
        }
        missing = unknown;
        known = new Set(sources.map((source) => JSON.stringify(source)));
        messages.push(...bars, ...trades);
        for (const message of messages) handlers.message(message);
        const next = `${epoch}-${seq}`;
        const snapshot = { type: "snapshot", seq, time, quotes, ...(resumed && { resumed }) };
        if (!handlers.message(snapshot, next) && !signal.aborted) throw new Error("not an answer of this protocol");
        position = next;
      };

      const ask = async (): Promise<Closing | null> => {
        // The first request does not wait: its answer shows whether this transport works at all.
        const query = queries.of({ ...request, since: position ?? request.since });
        const response = await fetch(url + query + (position ? `&wait=${wait}s` : ""), { signal });
        if (response.status === 204) handlers.message({ type: "heartbeat" });
        else if (response.ok) {
          take(await response.json());
        } else {
          const long = [414, 431].includes(response.status) && queries.failed(query);
          return refusal(response, !!request.series?.length, long);
        }
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
  };
}

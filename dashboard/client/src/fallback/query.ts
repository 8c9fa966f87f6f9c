import { listed, streamQuery } from "../transport/query.ts";
import type { StreamRequest } from "../transport/transport.ts";

/** The query of a stream to which nothing can be sent later, so that bars and trades are in it as well. */
export function wholeQuery(request: StreamRequest): string {
  const { series = [] } = request;
  const parts: string[] = [];
  let most = 0; // a query has one limit for all bars
  for (const wanted of new Set(series.map(({ interval }) => interval))) {
    const these = series.filter(({ interval }) => interval === wanted);
    const names = listed(these.map(({ symbol }) => symbol));
    parts.push(...(wanted === null ? [`trades=${names}`] : [`bars=${names}`, `interval=${wanted}`]));
    if (wanted !== null) most = Math.max(most, ...these.map(({ limit }) => limit ?? Number.POSITIVE_INFINITY));
  }
  if (most > 0 && most < Number.POSITIVE_INFINITY) parts.push(`limit=${most}`);
  return streamQuery(request, parts);
}

const usual = 7000; // bytes: most proxies take request lines of 8 KiB
const short = 1800; // bytes that every one takes

/** The queries of a transport, as long as the proxies on the way take them. */
export function createQueries() {
  let limit = usual;
  return {
    /** The query for a request. Where its symbols make it too long, it asks for all: those that nobody wants are ignored. */
    of(request: StreamRequest): string {
      const query = wholeQuery(request);
      return query.length > limit && request.symbols.length ? wholeQuery({ ...request, symbols: ["*"] }) : query;
    },
    /** A stream with this query has failed before its first message. Returns whether a shorter one is tried next. */
    failed(query: string): boolean {
      const long = query.length > short;
      limit = long ? short : usual; // if it is not the length, the next one need not be short
      return long;
    },
  };
}

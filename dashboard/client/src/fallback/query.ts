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

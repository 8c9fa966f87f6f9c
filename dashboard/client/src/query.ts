import { listed, type StreamRequest, streamQuery } from "./transport.ts";

/** The query of a stream that cannot be told anything later: the bars and trades are in it, too. */
export function wholeQuery(request: StreamRequest): string {
  const { series = [] } = request;
  const parts: string[] = [];
  const trades = series.filter(({ interval }) => interval === null);
  if (trades.length > 0) parts.push(`trades=${listed(trades.map(({ symbol }) => symbol))}`);
  const limits = [0]; // there is one for all of a query
  for (const interval of new Set(series.map((one) => one.interval))) {
    if (interval === null) continue;
    const bars = series.filter((one) => one.interval === interval);
    parts.push(`bars=${listed(bars.map(({ symbol }) => symbol))}`, `interval=${interval}`);
    limits.push(...bars.map(({ limit }) => limit ?? Number.POSITIVE_INFINITY));
  }
  const limit = Math.max(...limits);
  if (limit > 0 && Number.isFinite(limit)) parts.push(`limit=${limit}`);
  return streamQuery(request, parts);
}

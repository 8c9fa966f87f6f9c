import type { StreamRequest } from "./transport.ts";

/** Names as one value of a query, percent-encoded, with commas between them. */
export const listed = (names: readonly string[]): string => names.map(encodeURIComponent).join(",");

/** The query that opens a stream, with its "?", or "" without any parameter. `more` are further parameters, encoded. */
export function streamQuery({ symbols, rate, fields, since }: StreamRequest, more: readonly string[] = []): string {
  const query = { symbols: listed(symbols), rate, fields: listed(fields ?? []), since };
  const parts = [...more];
  for (const [key, value] of Object.entries(query)) if (value) parts.push(`${key}=${value}`);
  return parts.length ? `?${parts.join("&")}` : "";
}

import type { Address } from "./address.ts";
import type { OwnList } from "./lists.ts";
import { parseList } from "./listtext.ts";

/** A symbol as `parseList` reads it: in quotes where it would be read as something else. */
const quote = (symbol: string): string => (parseList(symbol).symbols[0] === symbol ? symbol : `"${symbol}"`);

/** A list as text, which `parseList` reads again. */
export const formatList = ({ name, symbols }: Pick<OwnList, "name" | "symbols">): string =>
  `# ${name}\n${symbols.map((one) => `${quote(one)}\n`).join("")}`;

/** The address of the same page that shows these, which `readAddress` reads again. */
export function formatAddress(base: string, { symbols, name, sort }: Address): string {
  const url = new URL(base);
  url.search = "";
  url.hash = "";
  const parts: string[] = [];
  // A comma needs no escape in a query, and stays legible.
  if (symbols) parts.push(`s=${symbols.map((one) => encodeURIComponent(one === "*" ? one : quote(one))).join(",")}`);
  if (name) parts.push(`list=${encodeURIComponent(name)}`);
  if (sort) parts.push(`sort=${sort.direction === "descending" ? "-" : ""}${sort.column}`);
  return parts.length > 0 ? `${url.href}?${parts.join("&")}` : url.href;
}

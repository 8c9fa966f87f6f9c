/** A list of symbols that the reader has made. */
export interface OwnList {
  readonly name: string;
  readonly symbols: readonly string[];
}

/**
 * What is looked at. own: one of the reader's lists. server: one of the server's. sector: the symbols of that
 * sector. all: everything that the server has. shared: what the address holds.
 */
export type Choice =
  | { readonly kind: "own" | "server" | "sector"; readonly name: string }
  | { readonly kind: "all" | "shared" };

export const sameChoice = (one: Choice | null, other: Choice | null): boolean =>
  one?.kind === other?.kind && (one && "name" in one ? one.name : "") === (other && "name" in other ? other.name : "");

const longestName = 40;

/** A name as it is kept: without space around it, of 1 to 40 characters; null for what is none. */
export function readName(text: string): string | null {
  const name = text.replace(/\s+/g, " ").trim();
  return name === "" || name.length > longestName ? null : name;
}

/** The name, with a number after it when it is taken. */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  for (let number = 2; ; number++) {
    const next = `${name.slice(0, longestName - 4)} ${number}`;
    if (!taken.includes(next)) return next;
  }
}

export function putList(lists: readonly OwnList[], list: OwnList): readonly OwnList[] {
  return lists.some(({ name }) => name === list.name)
    ? lists.map((one) => (one.name === list.name ? list : one))
    : [...lists, list];
}

/** Moves a symbol to the place of another one. */
export function moveSymbol(symbols: readonly string[], symbol: string, to: string): readonly string[] {
  const from = symbols.indexOf(symbol);
  const at = symbols.indexOf(to);
  if (from < 0 || at < 0 || from === at) return symbols;
  const rest = symbols.filter((other) => other !== symbol);
  rest.splice(at, 0, symbol);
  return rest;
}

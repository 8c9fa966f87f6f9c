/** A list of symbols that the reader has made. */
export interface OwnList {
  readonly name: string;
  readonly symbols: readonly string[];
}

/**
 * Which list is shown. own: one of the reader's own. server: one of the server's. sector: the symbols of a sector. all:
 * all symbols of the server. shared: the list in the page's address.
 */
export type Choice =
  | { readonly kind: "own" | "server" | "sector"; readonly name: string }
  | { readonly kind: "all" | "shared" };

/** Whether two choices are the same list. */
export const sameChoice = (one: Choice | null, other: Choice | null): boolean =>
  one?.kind === other?.kind && (one && "name" in one ? one.name : "") === (other && "name" in other ? other.name : "");

const longestName = 40;

/** Reads the name of a list: 1 to 40 characters, without space around them; null where it is no name. */
export function readName(text: string): string | null {
  const name = text.replace(/\s+/g, " ").trim();
  return name === "" || name.length > longestName ? null : name;
}

/** The name, followed by a number if it is taken. */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  for (let number = 2; ; number++) {
    const next = `${name.slice(0, longestName - 4)} ${number}`;
    if (!taken.includes(next)) return next;
  }
}

/** Puts a list in the place of the one with its name, or at the end. */
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

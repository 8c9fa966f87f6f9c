/** A list of symbols that the reader has made. */
export interface OwnList {
  /** Stays when the list is renamed. */
  readonly id: string;
  readonly name: string;
  readonly symbols: readonly string[];
}

/**
 * Which list is shown. own: one of the reader's own. server: one of the server's. sector: the symbols of a sector. all:
 * all symbols of the server. shared: the list in the page's address.
 */
export type Choice =
  | { readonly kind: "own"; readonly id: string }
  | { readonly kind: "server" | "sector"; readonly name: string }
  | { readonly kind: "all" | "shared" };

/** Whether two choices are the same list. */
export const sameChoice = (one: Choice | null, other: Choice | null): boolean =>
  one?.kind === other?.kind && keyOf(one) === keyOf(other);

const keyOf = (choice: Choice | null): string =>
  choice === null ? "" : "id" in choice ? choice.id : "name" in choice ? choice.name : "";

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

/** Where one of a list stands: its neighbours, which find the place again in a list that has changed, and its index. */
export interface Place<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
  readonly index: number;
}

/** The place of one of a list; the end where it is not in it. */
export function placeOf<T>(list: readonly T[], one: T): Place<T> {
  const index = list.includes(one) ? list.indexOf(one) : list.length;
  return { before: list[index - 1], after: list[index + 1], index };
}

/** Puts one into the list, at its place as far as that can be found. What is in the list is moved there. */
export function putAt<T>(list: readonly T[], one: T, { before, after, index }: Place<T>): readonly T[] {
  const rest = list.filter((other) => other !== one);
  const left = before === undefined ? -1 : rest.indexOf(before);
  const right = after === undefined ? -1 : rest.indexOf(after);
  const at = left >= 0 ? left + 1 : right >= 0 ? right : Math.min(index, rest.length);
  return [...rest.slice(0, at), one, ...rest.slice(at)];
}

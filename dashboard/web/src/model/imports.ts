import type { Api } from "./api.ts";
import type { Directory } from "./directory.ts";
import { withoutExchange } from "./listtext.ts";

/** Which names of an imported text are symbols. */
export interface Import {
  readonly symbols: readonly string[];
  /** Those that the server does not know; they are left out. */
  readonly unknown: readonly string[];
}

/**
 * Finds out which names are symbols of this server. One with an exchange, as NYSE:IBM, that the server does not know
 * is looked for without it. It throws when the server does not answer.
 */
export async function lookUp(
  names: readonly string[],
  { api, directory }: { readonly api: Pick<Api, "describe">; readonly directory: Directory },
): Promise<Import> {
  const plain = names.map((name) => withoutExchange(name) ?? name);
  const known = await api.describe([...new Set([...names, ...plain])]);
  const records = new Set(known.map(({ symbol }) => symbol));
  const found = new Set<string>();
  const unknown: string[] = [];
  for (const [index, name] of names.entries()) {
    const symbol = [name, plain[index]].find((one) => one !== undefined && records.has(one));
    if (symbol === undefined) unknown.push(name);
    else found.add(symbol);
  }
  directory.add(known);
  return { symbols: [...found], unknown };
}

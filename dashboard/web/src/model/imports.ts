import type { Api } from "./api.ts";
import type { Directory } from "./directory.ts";
import { isSymbol, withoutExchange } from "./listtext.ts";

/** Which names of an imported text are symbols. */
export interface Import {
  readonly symbols: readonly string[];
  /** Those that the server does not know; they are left out. */
  readonly unknown: readonly string[];
}

/**
 * The symbols that a name may stand for, the likeliest first: as it is written, in upper case, as the symbols of most
 * servers are, and without an exchange before a colon. None of them names a list, as "*" would.
 */
function meanings(name: string): readonly string[] {
  const plain = withoutExchange(name) ?? name;
  return [...new Set([name, name.toUpperCase(), plain, plain.toUpperCase()])].filter(isSymbol);
}

/** Where names are looked up. */
export interface LookUpOptions {
  readonly api: Pick<Api, "describe">;
  readonly directory: Directory;
}

/** The symbol of this server that each name stands for, by name. It throws when the server does not answer. */
export async function spell(
  names: readonly string[],
  { api, directory }: LookUpOptions,
): Promise<ReadonlyMap<string, string>> {
  const known = await api.describe([...new Set(names.flatMap(meanings))]);
  const records = new Set(known.map(({ symbol }) => symbol));
  const found = names.flatMap((name): [string, string][] => {
    const symbol = meanings(name).find((one) => records.has(one));
    return symbol === undefined ? [] : [[name, symbol]];
  });
  const spelled = new Map(found);
  const used = new Set(spelled.values());
  directory.add(known.filter(({ symbol }) => used.has(symbol)));
  return spelled;
}

/** Finds out which names are symbols of this server. It throws when the server does not answer. */
export async function lookUp(names: readonly string[], options: LookUpOptions): Promise<Import> {
  const spelled = await spell(names, options);
  return { symbols: [...new Set(spelled.values())], unknown: names.filter((name) => !spelled.has(name)) };
}

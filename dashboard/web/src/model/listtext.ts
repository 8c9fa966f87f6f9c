import type { OwnList } from "./lists.ts";

const symbolLike = /^[\p{L}\p{N}^$.][\p{L}\p{N}.:/_=^$-]{0,31}$/u;

/** What was read of a text. */
export interface ListText {
  /** Each once, as it is written; with an exchange before a colon where it had one. */
  readonly symbols: readonly string[];
  /** What cannot be a symbol. */
  readonly invalid: readonly string[];
}

/**
 * Reads symbols from text: one a line, or separated by commas, semicolons, bars, tabs or spaces. Quotes are removed,
 * and so is the rest of a line from a # on, as other products mark comments and sections.
 */
export function parseList(text: string): ListText {
  const symbols = new Set<string>();
  const invalid = new Set<string>();
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n?|\n/)) {
    for (const part of line.replace(/#.*$/, "").split(/[\s,;|]+/)) {
      const word = part.replace(/^["']+|["']+$/g, "");
      if (word === "") continue;
      if (symbolLike.test(word)) symbols.add(word);
      else invalid.add(word);
    }
  }
  return { symbols: [...symbols], invalid: [...invalid] };
}

/** The symbol without an exchange before a colon, as in NYSE:IBM; null where there is none. */
export function withoutExchange(symbol: string): string | null {
  const [, rest] = /^[A-Za-z]{1,12}:(.+)$/.exec(symbol) ?? [];
  return rest ?? null;
}

/** A list as text, which `parseList` reads again. */
export const formatList = ({ name, symbols }: Pick<OwnList, "name" | "symbols">): string =>
  `# ${name}\n${symbols.join("\n")}\n`;

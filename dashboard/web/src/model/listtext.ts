import type { OwnList } from "./lists.ts";

const symbolLike = /^[\p{L}\p{N}^$.][\p{L}\p{N}.:/_=^$-]{0,31}$/u;

export interface ListText {
  /** Each once, in upper case; with an exchange before a colon where it had one. */
  readonly symbols: readonly string[];
  /** What cannot be a symbol. */
  readonly strange: readonly string[];
}

/**
 * Reads symbols from text as people have it: one to a line or separated by commas, semicolons, tabs or spaces,
 * with comments from a # to the end of the line, quotes, and headings of sections, as other products export them.
 */
export function parseList(text: string): ListText {
  const symbols = new Set<string>();
  const strange = new Set<string>();
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n?|\n/)) {
    for (const part of line.replace(/#.*$/, "").split(/[\s,;|]+/)) {
      const word = part.replace(/^["']+|["']+$/g, "");
      if (word === "") continue;
      if (symbolLike.test(word)) symbols.add(word.toUpperCase());
      else strange.add(word);
    }
  }
  return { symbols: [...symbols], strange: [...strange] };
}

/** The symbol without an exchange before a colon, as in NYSE:IBM; null where there is none. */
export function withoutExchange(symbol: string): string | null {
  const [, rest] = /^[A-Z]{1,12}:(.+)$/.exec(symbol) ?? [];
  return rest ?? null;
}

/** A list as text, which `parseList` reads again. */
export const formatList = ({ name, symbols }: OwnList): string => `# ${name}\n${symbols.join("\n")}\n`;

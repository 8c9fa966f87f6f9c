const longest = 32; // bytes
const encoder = new TextEncoder();

/** Whether a server may have such a symbol: the rule is that of CheckSymbol in feed/market/symbol.go. */
export const isSymbol = (text: string): boolean =>
  /^(?!\*$|#)[^\p{C}\p{Z},"\\]+$/u.test(text) && encoder.encode(text).length <= longest;

/** What was read of a text. */
export interface ListText {
  /** Each once, as it is written; with an exchange before a colon where it had one. */
  readonly symbols: readonly string[];
  /** What cannot be a symbol. */
  readonly invalid: readonly string[];
}

/**
 * Reads symbols from text: one a line, or separated by commas, semicolons, bars, tabs or spaces. Quotes are removed; a
 * symbol with a semicolon or a bar in it stands between double ones. A comment goes from a # at the start of a line, or
 * after a space, to the end of the line, as other products mark comments and sections.
 */
export function parseList(text: string): ListText {
  const symbols = new Set<string>();
  const invalid = new Set<string>();
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n?|\n/)) {
    for (const [part, quoted] of line.replace(/(^|\s)#.*/, "").matchAll(/"([^"\s,]+)"(?![^\s,;|])|[^\s,;|]+/g)) {
      const word = quoted ?? part.replace(/^["']+|["']+$/g, "");
      if (word !== "") (isSymbol(word) ? symbols : invalid).add(word);
    }
  }
  return { symbols: [...symbols], invalid: [...invalid] };
}

/** The symbol without an exchange before a colon, as in NYSE:IBM; null where there is none, or nothing but it. */
export function withoutExchange(symbol: string): string | null {
  const [, rest] = /^[A-Za-z]{1,12}:(.+)$/.exec(symbol) ?? [];
  return rest ?? null;
}

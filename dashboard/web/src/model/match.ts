import type { SymbolInfo } from "./api.ts";

/*
 * Which symbols a text finds: the rule of the server's search (PROTOCOL.md, "Search"), for the filter of a list.
 */

const wordsRead = 8;
const shortest = 3; // bytes of a word that is found within another one, where there are several

const wordsOf = (text: string): readonly string[] =>
  text
    .normalize("NFKD")
    .replace(/\p{Mn}/gu, "")
    .toLowerCase()
    .replace(/ς/g, "σ") // it is written so at the end of a word
    .match(/[\p{L}\p{N}]+/gu) ?? [];

/** The letters and digits of a text without case and accents, from the start of each word on; nothing of an empty text. */
const fold = (text: string): readonly string[] => {
  const words = wordsOf(text);
  return words.map((_, at) => words.slice(at).join(""));
};

const begins = (folded: readonly string[], text: string) => folded.some((from) => from.startsWith(text));
const has = ([all = ""]: readonly string[], text: string) => all.includes(text);

const encoder = new TextEncoder();
const bytes = (text: string) => encoder.encode(text).length;

type Folded = readonly [symbol: readonly string[], name: readonly string[], sector: readonly string[]];

/** Looks for texts in the records of symbols. A record is folded once. */
export function createMatcher() {
  const known = new WeakMap<SymbolInfo, Folded>();
  const foldOnce = (info: SymbolInfo): Folded => {
    const { symbol, name = "", sector = "" } = info;
    const folded = known.get(info) ?? [fold(symbol), fold(name), fold(sector)];
    known.set(info, folded);
    return folded;
  };

  /** Returns whether the text finds a record. An empty text finds all. */
  return (text: string): ((info: SymbolInfo) => boolean) => {
    const words = wordsOf(text);
    const whole = words.join("");
    if (whole === "") {
      const raw = text.trim().toLowerCase();
      return ({ symbol, name = "" }) => symbol.toLowerCase().includes(raw) || name.toLowerCase().includes(raw);
    }
    const wanted = words.slice(0, wordsRead).map((word) => ({ word, long: bytes(word) >= shortest }));
    return (info) => {
      const [symbol, name, sector] = foldOnce(info);
      const anywhere = (part: string) => has(symbol, part) || has(name, part);
      const within = ({ word, long }: (typeof wanted)[number]) =>
        [symbol, name, sector].some((folded) => begins(folded, word)) || (long && anywhere(word));
      return anywhere(whole) || wanted.every(within);
    };
  };
}

/** Texts that could not be read, and what has become of them. */
export interface Aside {
  /** By the key under which they were found. */
  readonly texts: Readonly<Record<string, string>>;
  /** The marks of the texts that have been set aside before, by key: none is set aside twice. */
  readonly seen: Readonly<Record<string, string>>;
}

const mostKeys = 50;
const mostCharacters = 200_000; // of all texts: a small part of what a browser lets a site keep

const nothing: Aside = { texts: {}, seen: {} };

const mark = (text: string): string => {
  let hash = 0;
  for (const character of text) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) | 0;
  return `${text.length}:${hash}`;
};

const isAside = (value: unknown): value is Aside =>
  typeof value === "object" && value !== null && "texts" in value && "seen" in value;

const newest = (all: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(all).slice(-mostKeys));

/** Adds a text, unless it was there before. Two texts of one key stand one after the other; the oldest are cut off. */
export function setAside(value: unknown, key: string, text: string): Aside {
  const aside = isAside(value) ? value : nothing;
  if (aside.seen[key] === mark(text)) return aside;
  const { [key]: before, ...others } = aside.texts;
  const { [key]: _, ...seen } = aside.seen;
  const all = Object.values(others).reduce((sum, one) => sum + one.length, 0);
  const both = before === undefined ? text : `${text}\n${before}`;
  return {
    texts: newest({ ...others, [key]: both.slice(0, Math.max(0, mostCharacters - all)) }),
    seen: newest({ ...seen, [key]: mark(text) }),
  };
}

/** Removes these texts, as they were shown to the reader. */
export function discardAside(value: unknown, shown: Aside): Aside {
  const aside = isAside(value) ? value : nothing;
  const texts = Object.entries(aside.texts).filter(([key, text]) => shown.texts[key] !== text);
  return { ...aside, texts: Object.fromEntries(texts) };
}

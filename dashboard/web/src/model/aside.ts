import { isObject } from "./json.ts";

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

const isTexts = (value: unknown) => isObject(value) && Object.values(value).every((text) => typeof text === "string");
/** Whether something that was read is this. */
export const isAside = (value: unknown): value is Aside =>
  isObject(value) && isTexts(value["texts"]) && isTexts(value["seen"]);

const newest = (all: Readonly<Record<string, string>>) => Object.entries(all).slice(-mostKeys);

/** Cuts off what is too much, of the oldest texts first. */
function withinBounds(all: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  let left = mostCharacters;
  const kept = newest(all)
    .reverse()
    .map(([key, text]): [string, string] => {
      const part = text.slice(0, left);
      left -= part.length;
      return [key, part];
    });
  return Object.fromEntries(kept.filter(([, text]) => text !== "").reverse());
}

/** Adds a text, unless it was there before. Of one key, the newer text stands before the older one. */
export function setAside(value: unknown, key: string, text: string): Aside {
  const aside = isAside(value) ? value : nothing;
  if (aside.seen[key] === mark(text)) return aside;
  const { [key]: before, ...others } = aside.texts;
  const { [key]: _, ...seen } = aside.seen;
  return {
    texts: withinBounds({ ...others, [key]: before === undefined ? text : `${text}\n${before}` }),
    seen: Object.fromEntries(newest({ ...seen, [key]: mark(text) })),
  };
}

/** Removes these texts, as they were shown to the reader. */
export function discardAside(value: unknown, shown: Aside): Aside {
  const aside = isAside(value) ? value : nothing;
  const texts = Object.entries(aside.texts).filter(([key, text]) => shown.texts[key] !== text);
  return { ...aside, texts: Object.fromEntries(texts) };
}

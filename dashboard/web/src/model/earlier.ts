import { isObject } from "./json.ts";
import { earlierId, isWholeList, listKey, readList, readSymbols, unnamed } from "./savedrecords.ts";
import { earlierSettingsKey } from "./settings.ts";
import type { TextStorage } from "./storage.ts";

// The words of these keys are older than those of the code.
const earlierKey = "tickertape.desk";
const earliestKey = "tickertape.watch"; // had one list, without a name

/** What earlier versions of the page have kept, as records. Their keys are only read, so that they can read them again. */
export function readEarlier(storage: () => TextStorage): {
  readonly records: ReadonlyMap<string, unknown>;
  /** The texts that could not be read in whole, by key. */
  readonly damaged: readonly (readonly [key: string, text: string])[];
} {
  const records = new Map<string, unknown>();
  const damaged: [string, string][] = [];
  const item = (key: string): unknown => {
    let text: string | null = null;
    try {
      text = storage().getItem(key);
      const value: unknown = JSON.parse(text ?? "null");
      const lists = isObject(value) ? (value["lists"] ?? []) : [];
      if (value !== null && !(isObject(value) && Array.isArray(lists) && lists.every(isWholeList)))
        damaged.push([key, text ?? ""]);
      return value;
    } catch {
      if (text !== null) damaged.push([key, text]);
      return null;
    }
  };
  const settings = item(earlierSettingsKey);
  if (settings !== null) records.set("settings", settings);
  const desk = item(earlierKey);
  if (isObject(desk)) {
    const { lists, choice, sort, layout } = desk;
    for (const [place, one] of (Array.isArray(lists) ? lists : []).entries()) {
      const list = readList(one);
      if (!list) continue;
      const key = `${listKey}${earlierId}${list.name}`;
      // Lists whose names could not be read have one name. No name has a tab.
      records.set(records.has(key) ? `${key}\t${place}` : key, { name: list.name, symbols: list.symbols, place });
    }
    for (const [name, value] of Object.entries({ choice, sort, layout })) if (isObject(value)) records.set(name, value);
    return { records, damaged };
  }
  const earliest = item(earliestKey);
  const symbols = isObject(earliest) ? readSymbols(earliest["symbols"]) : null;
  if (isObject(earliest) && isObject(earliest["sort"])) records.set("sort", earliest["sort"]);
  if (symbols) {
    records.set(`${listKey}${earlierId}${unnamed}`, { name: unnamed, symbols, place: 0 });
    records.set("choice", { kind: "own", name: unnamed });
  }
  return { records, damaged };
}

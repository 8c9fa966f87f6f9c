import { defaultLayout, type Layout, readLayout } from "../columns/layout.ts";
import { isColumn } from "../columns/registry.ts";
import { type Choice, type OwnList, readName } from "./lists.ts";
import type { Sort } from "./sorting.ts";
import { createStore, type Store, type TextStorage } from "./store.ts";

/** What is kept of the workspace between visits. */
export interface SavedWorkspace {
  readonly lists: readonly OwnList[];
  /** Null before the first choice, while the server's default list is shown. Never a list that came with an address. */
  readonly choice: Choice | null;
  readonly sort: Sort;
  readonly layout: Layout;
}

/** What the first visit starts with. */
export const nothingSaved: SavedWorkspace = { lists: [], choice: null, sort: null, layout: defaultLayout };

// The words of these keys are older than those of the code, but other keys would lose the lists of all readers.
const key = "tickertape.desk";
const earlierKey = "tickertape.watch"; // had one list, without a name
const earlierName = "My list"; // what that list is called now

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function readSort(value: unknown): Sort {
  if (!isObject(value)) return null;
  const { column, direction } = value;
  return isColumn(column) && (direction === "ascending" || direction === "descending") ? { column, direction } : null;
}

const readSymbols = (value: unknown): readonly string[] | null =>
  Array.isArray(value) ? [...new Set(value.filter((one): one is string => typeof one === "string"))] : null;

function readLists(value: unknown): readonly OwnList[] {
  const lists = new Map<string, OwnList>();
  for (const one of Array.isArray(value) ? value : []) {
    const name = isObject(one) && typeof one["name"] === "string" ? readName(one["name"]) : null;
    const symbols = isObject(one) ? readSymbols(one["symbols"]) : null;
    if (name !== null && symbols) lists.set(name, { name, symbols });
  }
  return [...lists.values()];
}

function readChoice(value: unknown, lists: readonly OwnList[]): Choice | null {
  if (!isObject(value)) return null;
  const { kind, name } = value;
  if (kind === "all") return { kind };
  if (typeof name !== "string") return null;
  if (kind === "own") return lists.some((list) => list.name === name) ? { kind, name } : null;
  return kind === "server" || kind === "sector" ? { kind, name } : null;
}

function readSaved(value: unknown, earlier: unknown): SavedWorkspace {
  if (isObject(value)) {
    const lists = readLists(value["lists"]);
    const choice = readChoice(value["choice"], lists);
    return { lists, choice, sort: readSort(value["sort"]), layout: readLayout(value["layout"]) };
  }
  if (!isObject(earlier)) return nothingSaved;
  const symbols = readSymbols(earlier["symbols"]);
  const sort = readSort(earlier["sort"]);
  if (!symbols) return { ...nothingSaved, sort };
  const list = { name: earlierName, symbols };
  return { ...nothingSaved, lists: [list], choice: { kind: "own", name: earlierName }, sort };
}

/** Keeps the workspace in the browser's storage. What cannot be read there is as at the first visit. */
export const createSavedWorkspace = (storage: () => TextStorage): Store<SavedWorkspace> =>
  createStore({ storage, key, read: (item) => readSaved(item(key), item(earlierKey)) });

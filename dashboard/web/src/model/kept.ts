import { defaultLayout, type Layout, readLayout } from "../columns/layout.ts";
import { isColumn } from "../columns/registry.ts";
import { type Choice, type OwnList, readName } from "./lists.ts";
import type { Sort } from "./ranking.ts";

/** What the reader has chosen to look at, kept between visits. */
export interface Saved {
  readonly lists: readonly OwnList[];
  /** Null before the first choice: the server's default list is shown. */
  readonly choice: Choice | null;
  readonly sort: Sort;
  readonly layout: Layout;
}

export interface SavedStore {
  load(): Saved;
  save(saved: Saved): void;
}

type TextStorage = Pick<Storage, "getItem" | "setItem">;

const key = "tickertape.desk";
const version = 1;
const earlierKey = "tickertape.watch"; // one list without a name
const earlierName = "My list";

export const nothingSaved: Saved = { lists: [], choice: null, sort: null, layout: defaultLayout };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

export function readSort(value: unknown): Sort {
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

/** Keeps the choice in the given storage, and shrugs when there is none to be had. */
export function createSavedStore(storage: () => TextStorage): SavedStore {
  const read = (name: string): unknown => {
    try {
      return JSON.parse(storage().getItem(name) ?? "null");
    } catch {
      return null;
    }
  };
  return {
    load() {
      const value = read(key);
      if (isObject(value)) {
        const lists = readLists(value["lists"]);
        const choice = readChoice(value["choice"], lists);
        return { lists, choice, sort: readSort(value["sort"]), layout: readLayout(value["layout"]) };
      }
      const earlier = read(earlierKey);
      if (!isObject(earlier)) return nothingSaved;
      const symbols = readSymbols(earlier["symbols"]);
      const sort = readSort(earlier["sort"]);
      return symbols
        ? {
            ...nothingSaved,
            lists: [{ name: earlierName, symbols }],
            choice: { kind: "own", name: earlierName },
            sort,
          }
        : { ...nothingSaved, sort };
    },
    save(saved) {
      try {
        // What the address holds is looked at, but only kept when the reader says so.
        const choice = saved.choice?.kind === "shared" ? null : saved.choice;
        storage().setItem(key, JSON.stringify({ version, ...saved, choice }));
      } catch {
        // it holds for this page
      }
    },
  };
}

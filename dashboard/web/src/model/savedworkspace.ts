import { computed, type ReadonlySignal, signal } from "@preact/signals-core";
import { defaultLayout, type Layout, readLayout } from "../columns/layout.ts";
import { isColumn } from "../columns/registry.ts";
import { type Choice, type OwnList, readName } from "./lists.ts";
import { keyPrefix } from "./record.ts";
import { earlierSettingsKey } from "./settings.ts";
import type { Sort } from "./sorting.ts";
import type { TextStorage } from "./storage.ts";
import type { Records } from "./store.ts";

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** A list as it is kept. */
export interface ListRecord {
  readonly name: string;
  readonly symbols: readonly string[];
  /** Lists are in the order of their places. It is the time at which the list was made, in ms. */
  readonly place: number;
  /** When it was deleted, in ms. Such a list is kept for a while, so that the deletion can be undone. */
  readonly deleted?: number | undefined;
}

const listKey = "list/";
const mostDeleted = 50; // deleted lists that are kept
/** The ids of lists that an earlier version of the page has made. They are kept there, too, and so never forgotten. */
const earlierId = "earlier:";

function readSort(value: unknown): Sort {
  if (!isObject(value)) return null;
  const { column, direction } = value;
  return isColumn(column) && (direction === "ascending" || direction === "descending") ? { column, direction } : null;
}

const readSymbols = (value: unknown): readonly string[] | null =>
  Array.isArray(value) ? [...new Set(value.filter((one): one is string => typeof one === "string"))] : null;

function readList(value: unknown): ListRecord | null {
  if (!isObject(value)) return null;
  const { name, symbols, place, deleted } = value;
  const known = readSymbols(symbols);
  if (!known) return null;
  return {
    ...value, // a newer version of the page may keep more
    name: (typeof name === "string" ? readName(name) : null) ?? "My list",
    symbols: known,
    place: typeof place === "number" ? place : 0,
    deleted: typeof deleted === "number" ? deleted : undefined,
  };
}

function readChoice(value: unknown): Choice | null {
  if (!isObject(value)) return null;
  const { kind, name, id } = value;
  if (kind === "all") return { kind };
  if (kind === "own") {
    if (typeof id === "string") return { kind, id };
    return typeof name === "string" ? { kind, id: earlierId + name } : null;
  }
  return (kind === "server" || kind === "sector") && typeof name === "string" ? { kind, name } : null;
}

const isWholeList = (value: unknown): boolean =>
  isObject(value) &&
  typeof value["name"] === "string" &&
  readName(value["name"]) !== null &&
  Array.isArray(value["symbols"]) &&
  value["symbols"].every((one) => typeof one === "string");

/** Whether all of a record can be read. */
export const isWhole = (name: string, value: unknown): boolean =>
  name.startsWith(listKey) ? isWholeList(value) : name === "choice" || name === "sort" || isObject(value);

// The words of these keys are older than those of the code.
const earlierKey = "tickertape.desk";
const earliestKey = "tickertape.watch"; // had one list, without a name
const earliestName = "My list"; // what that list is called now

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
      if (list) records.set(`${listKey}${earlierId}${list.name}`, { name: list.name, symbols: list.symbols, place });
    }
    for (const [name, value] of Object.entries({ choice, sort, layout })) if (isObject(value)) records.set(name, value);
    return { records, damaged };
  }
  const earliest = item(earliestKey);
  const symbols = isObject(earliest) ? readSymbols(earliest["symbols"]) : null;
  if (isObject(earliest) && isObject(earliest["sort"])) records.set("sort", earliest["sort"]);
  if (symbols) {
    records.set(`${listKey}${earlierId}${earliestName}`, { name: earliestName, symbols, place: 0 });
    records.set("choice", { kind: "own", name: earliestName });
  }
  return { records, damaged };
}

/** Where the workspace is kept. */
export interface SavedWorkspaceOptions {
  readonly records: Records;
  /** What is kept for this window alone: which list it shows, and how that is sorted. It may throw. */
  readonly window: () => Pick<Storage, "getItem" | "setItem">;
  readonly server: string;
  readonly now?: () => number;
  readonly random?: () => number;
}

/**
 * What is kept of the workspace between visits. All windows share the lists and the columns. Each has a choice and a sort
 * of its own; a new window begins with those that were chosen last.
 */
export function createSavedWorkspace(options: SavedWorkspaceOptions) {
  const { records, window, server, now = Date.now, random = Math.random } = options;
  const kept = computed(() =>
    records.names.value.flatMap((key) => {
      const list = key.startsWith(listKey) ? readList(records.valueOf(key)) : null;
      return list ? [{ id: key.slice(listKey.length), list }] : [];
    }),
  );
  const lists = computed<readonly OwnList[]>(() =>
    kept.value
      .filter(({ list }) => list.deleted === undefined)
      .sort((a, b) => a.list.place - b.list.place || (a.id < b.id ? -1 : 1))
      .map(({ id, list: { name, symbols } }) => ({ id, name, symbols })),
  );

  /** A value of this window. Without one, it begins with the last one of all windows. */
  const own = <T>(name: string, read: (value: unknown) => T) => {
    const key = keyPrefix(server) + name;
    const begin = (): unknown => {
      try {
        const text = window().getItem(key);
        if (text !== null) return JSON.parse(text);
      } catch {
        // forbidden, or none of ours
      }
      return records.valueOf(name);
    };
    const value = signal(read(begin()));
    return {
      value: value as ReadonlySignal<T>,
      set(next: T): void {
        value.value = next;
        try {
          window().setItem(key, JSON.stringify(next));
        } catch {
          // full or forbidden; `records` says so
        }
        void records.change(name, () => next);
      },
    };
  };
  const choice = own("choice", readChoice);
  const sort = own("sort", readSort);

  const change = (id: string, operation: (now: ListRecord) => ListRecord): void => {
    // What this window knows stands for a list that another one has forgotten meanwhile.
    const known = kept.peek().find((one) => one.id === id)?.list ?? { name: earliestName, symbols: [], place: 0 };
    void records.change(listKey + id, (value) => operation(readList(value) ?? known));
  };
  const forgetOldest = () => {
    const deleted = kept
      .peek()
      .filter(({ id, list }) => list.deleted !== undefined && !id.startsWith(earlierId))
      .sort((a, b) => (b.list.deleted ?? 0) - (a.list.deleted ?? 0));
    for (const { id } of deleted.slice(mostDeleted))
      void records.change(listKey + id, (value) => (readList(value)?.deleted === undefined ? value : undefined));
  };

  return {
    /** The reader's lists, in their order. */
    lists: lists as ReadonlySignal<readonly OwnList[]>,
    /** Null before the first choice, while the server's default list is shown. Never a list that came with an address. */
    choice: choice.value,
    sort: sort.value,
    layout: computed<Layout>(() => readLayout(records.valueOf("layout") ?? defaultLayout)),
    setChoice: choice.set,
    setSort: sort.set,
    /** Changes the columns that are there then. */
    changeLayout: (operation: (now: Layout) => Layout): void =>
      void records.change("layout", (value) => ({
        ...(isObject(value) ? value : {}),
        ...operation(readLayout(value)),
      })),

    /** An id that no list has. */
    newId: (): string => `${now().toString(36)}-${random().toString(36).slice(2, 10)}`,
    /** Puts a list at the end. */
    make(id: string, name: string, symbols: readonly string[]): void {
      const place = Math.max(now(), ...kept.peek().map(({ list }) => list.place + 1));
      change(id, () => ({ name, symbols, place }));
    },
    /** Changes a list that is there then. One that another window has deleted meanwhile comes back. */
    edit: (id: string, operation: (now: ListRecord) => ListRecord): void =>
      change(id, (list) => ({ ...operation(list), deleted: undefined })),
    /** The same, but a list that was deleted stays so: for what is undone. */
    amend: change,
    /** Deletes a list. It is kept for a while with all that is done to it, for `restore`. */
    remove(id: string): void {
      change(id, (list) => ({ ...list, deleted: now() }));
      forgetOldest();
    },
    restore: (id: string): void => change(id, (list) => ({ ...list, deleted: undefined })),
  };
}

/** What is kept of the workspace between visits. */
export type SavedWorkspace = ReturnType<typeof createSavedWorkspace>;

import { computed, type ReadonlySignal, signal } from "@preact/signals-core";
import { defaultLayout, type Layout, readLayout } from "../columns/layout.ts";
import { isObject } from "./json.ts";
import type { OwnList } from "./lists.ts";
import { keyPrefix } from "./record.ts";
import type { Records } from "./records.ts";
import { earlierId, type ListRecord, listKey, readChoice, readList, readSort } from "./savedrecords.ts";

const mostDeleted = 50; // deleted lists that are kept

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
          // full or forbidden: after a reload, the window shows what was chosen last in any window
        }
        void records.replace(name, next);
      },
    };
  };
  const choice = own("choice", readChoice);
  const sort = own("sort", readSort);

  const listOf = (id: string) => kept.peek().find((one) => one.id === id)?.list;
  /** Changes a list. If no window has it any more, the one that is given stands for it; without one, nothing is changed. */
  const change = (id: string, operation: (now: ListRecord) => ListRecord, otherwise?: ListRecord): void =>
    void records.change(listKey + id, (value) => {
      const list = readList(value) ?? otherwise;
      return list ? operation(list) : value;
    });
  const undeleted = (list: ListRecord): ListRecord => ({ ...list, deleted: undefined });
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
      void records.change(listKey + id, () => ({ name, symbols, place }));
    },
    /** Changes a list that this window has. One that another window has deleted meanwhile comes back. */
    edit: (id: string, operation: (now: ListRecord) => ListRecord): void =>
      change(id, (list) => undeleted(operation(list)), listOf(id)),
    /** Changes a list for what is undone: one that was deleted stays so, and one that was forgotten is not made again. */
    amend: (id: string, operation: (now: ListRecord) => ListRecord): void => change(id, operation),
    /**
     * Deletes a list. It is kept with all that is done to it, until fifty others have been deleted after it. Returns what it
     * was, for `restore`; undefined where it was not there.
     */
    remove(id: string): ListRecord | undefined {
      const list = listOf(id);
      change(id, (one) => ({ ...one, deleted: now() }));
      forgetOldest();
      return list;
    },
    /** Brings a deleted list back, with what was done to it since; one that was forgotten as it was. */
    restore: (id: string, was: ListRecord): void => change(id, undeleted, was),
  };
}

/** What is kept of the workspace between visits. */
export type SavedWorkspace = ReturnType<typeof createSavedWorkspace>;

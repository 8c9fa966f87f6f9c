import { batch, type ReadonlySignal } from "@preact/signals-core";
import type { SymbolInfo } from "./api.ts";
import type { Directory } from "./directory.ts";
import type { Change, History } from "./history.ts";
import type { Library } from "./library.ts";
import { type Choice, freeName, type Place, placeOf, putAt, readName, sameChoice } from "./lists.ts";
import type { ListRecord } from "./savedrecords.ts";
import type { SavedWorkspace } from "./savedworkspace.ts";
import type { Selection } from "./selection.ts";

/** What edits change. */
export interface EditsOptions {
  readonly saved: SavedWorkspace;
  readonly library: Library;
  readonly selection: Selection;
  readonly directory: Directory;
  readonly history: History;
  /** The symbols that are shown. */
  readonly symbols: ReadonlySignal<readonly string[] | null>;
}

const plural = (count: number, one: string) => `${count} ${one}${count === 1 ? "" : "s"}`;
const mostNamed = 12; // symbols in a note

/** Names the symbols that an import has left out, in a sentence with a space before it; empty where there are none. */
export const unknownNames = (unknown: readonly string[]): string =>
  unknown.length === 0
    ? ""
    : ` Not known here: ${unknown.slice(0, mostNamed).join(", ")}${unknown.length > mostNamed ? " …" : ""}.`;

type Operation = (symbols: readonly string[]) => readonly string[];

/**
 * What the reader does with lists. A list that is not the reader's own is copied before it is changed. Each change is an
 * operation on the list as it is then, and so is the one that undoes it: what other windows have changed stays.
 */
export function createEdits({ saved, library, selection, directory, history, symbols }: EditsOptions) {
  const { own } = library;
  const free = (name: string) =>
    freeName(
      name,
      own.value.map((list) => list.name),
    );
  const isShown = (choice: Choice) => sameChoice(selection.chosen.peek(), choice);

  /** Makes a list and shows it. Undoing it deletes the list, and shows what was shown before. */
  const making = (text: string, name: string, list: readonly string[], show: (next: Choice | null) => void): Change => {
    const choice = { kind: "own" as const, id: saved.newId() };
    const before = selection.chosen.peek();
    const chosen = saved.choice.peek(); // another one while the list in the address is shown
    let was: ListRecord | undefined;
    return {
      text,
      do: () =>
        batch(() => {
          if (was) saved.restore(choice.id, was);
          else saved.make(choice.id, name, list);
          show(choice);
        }),
      undo: () =>
        batch(() => {
          if (isShown(choice)) {
            saved.setChoice(chosen);
            show(before);
          }
          was = saved.remove(choice.id) ?? was;
        }),
    };
  };

  /** Changes the list that is shown, or a copy of it. Without a note, only the copy is told. */
  const edit = (text: string, told: boolean, change: Operation, back: Operation) => {
    const choice = selection.choice.value;
    if (choice?.kind === "own") {
      const { id } = choice;
      history.run(
        {
          text,
          do: () => saved.edit(id, (list) => ({ ...list, symbols: change(list.symbols) })),
          undo: () => saved.amend(id, (list) => ({ ...list, symbols: back(list.symbols) })),
        },
        told ? `${text}.` : undefined,
      );
      return;
    }
    const wanted = choice === null ? null : readName(`My ${library.titleOf(choice)}`);
    const name = free(wanted ?? "My list");
    const note = `${text}. Your copy of the list is “${name}”.`;
    history.run(making(text, name, change(symbols.value ?? []), selection.put), note);
  };

  const create = (name: string, list: readonly string[], told?: (name: string) => string): string => {
    const unused = free(name);
    history.run(making(`“${unused}” made`, unused, list, selection.choose), told?.(unused));
    return unused;
  };

  return {
    /** Adds a symbol to the list that is shown. */
    add(info: SymbolInfo): void {
      const { symbol } = info;
      directory.add([info]);
      if (symbols.value?.includes(symbol)) return;
      const add: Operation = (list) => (list.includes(symbol) ? list : [...list, symbol]);
      edit(`${symbol} added`, true, add, (list) => list.filter((other) => other !== symbol));
    },

    /** Takes a symbol off the list that is shown. */
    remove(symbol: string): void {
      if (!symbols.value?.includes(symbol)) return;
      const place = placeOf(symbols.value, symbol);
      const remove: Operation = (list) => list.filter((other) => other !== symbol);
      edit(`${symbol} removed`, true, remove, (list) => putAt(list, symbol, place));
    },

    /** Puts a symbol in the place of another one: right behind it if it stood before it, or else right before it. */
    move(symbol: string, to: string): void {
      const list = symbols.value;
      if (!list?.includes(symbol) || !list.includes(to) || symbol === to) return;
      const index = list.indexOf(to);
      const behind = list.indexOf(symbol) < index;
      const there = { before: behind ? to : undefined, after: behind ? undefined : to, index };
      const put =
        (place: Place<string>): Operation =>
        (now) =>
          now.includes(symbol) ? putAt(now, symbol, place) : now;
      edit("Reordered", false, put(there), put(placeOf(list, symbol)));
    },

    /** Makes a list, shows it, and returns its name, which has a number at its end where the other one was taken. */
    create: (name: string, list: readonly string[]): string => create(name, list),

    /** Copies what is shown to a list of the reader's own. */
    copy(name: string): void {
      create(name, symbols.value ?? [], (made) => `Copied to your list “${made}”.`);
    },

    /** Makes a list of what was found in a text, and says what was not. */
    import(name: string, list: readonly string[], unknown: readonly string[] = []): void {
      const what = (made: string) => `${plural(list.length, "symbol")} imported as “${made}”.${unknownNames(unknown)}`;
      create(name, list, what);
    },

    /** Gives one of the reader's lists another name. */
    rename(id: string, to: string): void {
      const name = readName(to);
      const list = own.value.find((one) => one.id === id);
      if (name === null || !list || name === list.name) return;
      const unused = free(name);
      history.run({
        text: `“${list.name}” renamed to “${unused}”`,
        do: () => saved.edit(id, (now) => ({ ...now, name: unused })),
        undo: () => saved.amend(id, (now) => ({ ...now, name: list.name })),
      });
    },

    /** Deletes one of the reader's lists. */
    discard(id: string): void {
      const list = own.value.find((one) => one.id === id);
      if (!list) return;
      const choice = { kind: "own" as const, id };
      const shown = isShown(choice);
      let was: ListRecord | undefined;
      const text = `“${list.name}” deleted`;
      const change: Change = {
        text,
        do: () =>
          batch(() => {
            if (isShown(choice)) selection.put(null);
            was = saved.remove(id) ?? was;
          }),
        undo: () =>
          batch(() => {
            if (was) saved.restore(id, was);
            if (shown) selection.put(choice);
          }),
      };
      history.run(change, `${text}.`);
    },
  };
}

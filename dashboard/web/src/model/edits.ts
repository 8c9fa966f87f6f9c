import { batch, type ReadonlySignal } from "@preact/signals-core";
import type { SymbolInfo } from "./api.ts";
import type { Directory } from "./directory.ts";
import type { Library } from "./library.ts";
import { freeName, moveSymbol, type OwnList, putList, readName, sameChoice } from "./lists.ts";
import type { Notes } from "./notes.ts";
import type { Selection } from "./selection.ts";

/** What edits change. */
export interface EditsOptions {
  readonly library: Library;
  readonly selection: Selection;
  readonly directory: Directory;
  readonly notes: Notes;
  /** The symbols that are shown. */
  readonly symbols: ReadonlySignal<readonly string[] | null>;
}

const plural = (count: number, one: string) => `${count} ${one}${count === 1 ? "" : "s"}`;

interface Edited {
  readonly name: string;
  /** The list was not the reader's, so that a copy has been changed. */
  readonly copied: boolean;
}

const place = ({ copied, name }: Edited) => (copied ? `. Your copy of the list is “${name}”` : "");

/** What the reader does with lists. A list that is not the reader's own is copied before it is changed. */
export function createEdits({ library, selection, directory, notes, symbols }: EditsOptions) {
  const { own } = library;
  const names = () => own.value.map(({ name }) => name);

  const editable = (): OwnList => {
    const choice = selection.choice.value;
    const mine = choice?.kind === "own" ? own.value.find(({ name }) => name === choice.name) : undefined;
    if (mine) return mine;
    const wanted = choice === null ? null : readName(`My ${library.titleOf(choice)}`);
    return { name: freeName(wanted ?? "My list", names()), symbols: symbols.value ?? [] };
  };

  const edit = (change: (symbols: readonly string[]) => readonly string[]): Edited => {
    const { name, symbols: before } = editable();
    const copied = !names().includes(name);
    selection.put(putList(own.value, { name, symbols: change(before) }), { kind: "own", name });
    return { copied, name };
  };

  /** Changes the list that is shown, and says so in a note that offers Undo. */
  const editAndSay = (what: string, change: (symbols: readonly string[]) => readonly string[]) => {
    const undo = selection.undoPoint();
    batch(() => notes.say(`${what}${place(edit(change))}.`, undo));
  };

  const create = (name: string, list: readonly string[]): string => {
    const free = freeName(name, names());
    selection.show([...own.value, { name: free, symbols: list }], { kind: "own", name: free });
    return free;
  };

  return {
    /** Adds a symbol to the list that is shown. */
    add(info: SymbolInfo): void {
      directory.add([info]);
      if (symbols.value?.includes(info.symbol)) return;
      editAndSay(`${info.symbol} added`, (list) => [...list, info.symbol]);
    },

    /** Takes a symbol off the list that is shown. */
    remove(symbol: string): void {
      if (!symbols.value?.includes(symbol)) return;
      editAndSay(`${symbol} removed`, (list) => list.filter((other) => other !== symbol));
    },

    /** Puts a symbol in the place of another one. */
    move(symbol: string, to: string): void {
      const edited = edit((list) => moveSymbol(list, symbol, to));
      if (edited.copied) notes.say(`Reordered${place(edited)}.`);
    },

    /** Makes a list, shows it, and returns its name, which has a number at its end where the other one was taken. */
    create,

    /** Copies what is shown to a list of the reader's own. */
    copy: (name: string): void => notes.say(`Copied to your list “${create(name, symbols.value ?? [])}”.`),

    /** Makes a list of what was found in a text. */
    import: (name: string, list: readonly string[]): void =>
      notes.say(`${plural(list.length, "symbol")} imported as “${create(name, list)}”.`),

    rename(from: string, to: string): void {
      const name = readName(to);
      const list = own.value.find((one) => one.name === from);
      if (name === null || name === from || !list) return;
      const free = freeName(name, names());
      const { value: chosen } = selection.chosen;
      selection.put(
        own.value.map((one) => (one === list ? { ...list, name: free } : one)),
        sameChoice(chosen, { kind: "own", name: from }) ? { kind: "own", name: free } : chosen,
      );
    },

    /** Deletes one of the reader's lists. */
    discard(name: string): void {
      const undo = selection.undoPoint();
      const { value: chosen } = selection.chosen;
      batch(() => {
        selection.put(
          own.value.filter((one) => one.name !== name),
          sameChoice(chosen, { kind: "own", name }) ? null : chosen,
        );
        notes.say(`“${name}” deleted.`, undo);
      });
    },
  };
}

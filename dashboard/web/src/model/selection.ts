import { batch, computed, type ReadonlySignal, signal } from "@preact/signals-core";
import type { Address } from "./address.ts";
import type { Library } from "./library.ts";
import { type Choice, type OwnList, sameChoice } from "./lists.ts";
import type { SavedWorkspace } from "./savedworkspace.ts";
import type { Store } from "./store.ts";

/** What can be selected, and where the choice is kept. */
export interface SelectionOptions {
  readonly saved: Store<SavedWorkspace>;
  readonly library: Library;
  readonly address: Address;
}

/** Which list is shown, and the filter on it. The list in the address can be shown, but is never kept. */
export function createSelection({ saved, library, address }: SelectionOptions) {
  const shared = signal(address.symbols !== null);
  const chosen = computed<Choice | null>(() => (shared.value ? { kind: "shared" } : saved.value.value.choice));
  const choice = computed<Choice | null>(() => library.resolve(chosen.value));

  const filter = signal("");

  /** Changes the reader's lists and the choice in one step. */
  const put = (lists: readonly OwnList[], next: Choice | null) =>
    batch(() => {
      shared.value = next?.kind === "shared";
      saved.update((now) => ({ ...now, lists, choice: next?.kind === "shared" ? now.choice : next }));
    });

  /** The same, and clears the filter. */
  const show = (lists: readonly OwnList[], next: Choice | null) =>
    batch(() => {
      put(lists, next);
      filter.value = "";
    });

  return {
    /** The text that symbols, names or sectors must contain to be shown; empty for all. */
    filter,
    /** The reader's choice; null for none. */
    chosen: chosen as ReadonlySignal<Choice | null>,
    /** The list that is shown; null until one is known. */
    choice: choice as ReadonlySignal<Choice | null>,

    put,
    show,
    choose: (next: Choice | null): void => show(library.own.peek(), next),

    /** The choice before or after the one that is shown. */
    neighbour(by: -1 | 1): Choice | null {
      const all = library.sequence();
      const at = all.findIndex((one) => sameChoice(one, choice.value));
      return all[(Math.max(0, at) + by + all.length) % all.length] ?? null;
    },

    /** Keeps the lists and the choice as they are now, and returns the function that puts them back. */
    undoPoint(): () => void {
      const [lists, before] = [library.own.value, chosen.value];
      return () => put(lists, before);
    },
  };
}

/** Which list is shown. */
export type Selection = ReturnType<typeof createSelection>;

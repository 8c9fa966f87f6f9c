import { batch, computed, type ReadonlySignal, signal } from "@preact/signals-core";
import type { Address } from "./address.ts";
import type { Library } from "./library.ts";
import { type Choice, sameChoice } from "./lists.ts";
import type { SavedWorkspace } from "./savedworkspace.ts";

/** What can be selected, and where the choice is kept. */
export interface SelectionOptions {
  readonly saved: SavedWorkspace;
  readonly library: Library;
  readonly address: Address;
}

/** Which list is shown, and the filter on it. The list in the address can be shown, but is never kept. */
export function createSelection({ saved, library, address }: SelectionOptions) {
  const shared = signal(address.symbols !== null);
  const chosen = computed<Choice | null>(() => (shared.value ? { kind: "shared" } : saved.choice.value));
  const choice = computed<Choice | null>(() => library.resolve(chosen.value));

  const filter = signal("");

  /** Shows a list, and leaves the filter as it is. */
  const put = (next: Choice | null) =>
    batch(() => {
      shared.value = next?.kind === "shared";
      if (next?.kind !== "shared") saved.setChoice(next);
    });

  return {
    /** The text that symbols, names or sectors must contain to be shown; empty for all. */
    filter,
    /** The reader's choice; null for none. */
    chosen: chosen as ReadonlySignal<Choice | null>,
    /** The list that is shown; null until one is known. */
    choice: choice as ReadonlySignal<Choice | null>,

    put,
    /** Shows a list, and all of it. */
    choose: (next: Choice | null): void =>
      batch(() => {
        put(next);
        filter.value = "";
      }),

    /** The choice before or after the one that is shown; the first or the last from one that is not among them. */
    neighbour(by: -1 | 1): Choice | null {
      const all = library.sequence();
      const at = all.findIndex((one) => sameChoice(one, choice.value));
      if (at < 0) return all.at(by > 0 ? 0 : -1) ?? null;
      return all[(at + by + all.length) % all.length] ?? null;
    },
  };
}

/** Which list is shown. */
export type Selection = ReturnType<typeof createSelection>;

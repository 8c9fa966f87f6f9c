import { batch, computed, type ReadonlySignal, signal } from "@preact/signals-core";
import type { Address } from "./address.ts";
import type { Arrangement } from "./arrangement.ts";
import type { Library } from "./library.ts";
import { type Choice, type OwnList, sameChoice } from "./lists.ts";
import type { Store } from "./store.ts";

export interface SelectionOptions {
  readonly arrangement: Store<Arrangement>;
  readonly library: Library;
  readonly address: Address;
}

/** Which list is shown, and what of it. What the address brings is shown, too, but never kept. */
export function createSelection({ arrangement, library, address }: SelectionOptions) {
  const shared = signal(address.symbols !== null);
  const chosen = computed<Choice | null>(() => (shared.value ? { kind: "shared" } : arrangement.value.value.choice));
  const choice = computed<Choice | null>(() => library.resolve(chosen.value));

  const filter = signal("");

  /** Changes the reader's lists and chooses a list, as one step. */
  const put = (lists: readonly OwnList[], next: Choice | null) =>
    batch(() => {
      shared.value = next?.kind === "shared";
      arrangement.update((now) => ({ ...now, lists, choice: next?.kind === "shared" ? now.choice : next }));
    });

  /** The same, and shows all of it. */
  const show = (lists: readonly OwnList[], next: Choice | null) =>
    batch(() => {
      put(lists, next);
      filter.value = "";
    });

  return {
    /** What the reader has typed to narrow the list; empty for nothing. */
    filter,
    /** The reader's choice; null is none. */
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

    /** Remembers the lists and the choice, and returns what puts them back. */
    remember(): () => void {
      const [lists, before] = [library.own.value, chosen.value];
      return () => put(lists, before);
    },
  };
}

export type Selection = ReturnType<typeof createSelection>;

import { batch, computed, type ReadonlySignal, signal } from "@preact/signals-core";
import type { Address } from "./address.ts";
import type { Api, Watchlist, Watchlists } from "./api.ts";
import type { Directory } from "./directory.ts";
import type { Choice, OwnList } from "./lists.ts";
import type { SavedWorkspace } from "./savedworkspace.ts";

/** Where lists come from. */
export interface LibraryOptions {
  readonly saved: SavedWorkspace;
  readonly api: Pick<Api, "watchlists">;
  readonly directory: Directory;
  readonly address: Address;
}

/** All lists there are: the reader's own, the server's, the sectors, all symbols, and the one in the address. */
export function createLibrary({ saved, api, directory, address }: LibraryOptions) {
  const own: ReadonlySignal<readonly OwnList[]> = saved.lists;
  const shared = signal(address.symbols?.every((name) => name === name.toUpperCase()) ? address.symbols : null);
  const served = signal<Watchlists | null>(null);
  const failure = signal<string | null>(null);
  let loading = false;

  const servedList = (name: string | undefined): Watchlist | undefined =>
    served.value?.watchlists.find((list) => list.name === name);

  const sectors = computed<ReadonlyMap<string, readonly string[]>>(() => {
    const found = new Map<string, string[]>();
    for (const { symbol, sector } of directory.all.value ?? []) {
      if (!sector) continue;
      const symbols = found.get(sector);
      if (symbols) symbols.push(symbol);
      else found.set(sector, [symbol]);
    }
    return new Map([...found].sort(([a], [b]) => a.localeCompare(b)));
  });

  return {
    own,
    /** Null until the server has answered. */
    served: served as ReadonlySignal<Watchlists | null>,
    /** By name; empty until the directory has loaded all symbols. */
    sectors,
    /** Why the server's lists could not be loaded; null if they were, or have not been asked for. */
    failure: failure as ReadonlySignal<string | null>,

    /**
     * The list that a choice stands for: the server's default one where nothing was chosen, or what was chosen is gone.
     */
    resolve(chosen: Choice | null): Choice | null {
      if (chosen?.kind === "own" && own.value.some(({ id }) => id === chosen.id)) return chosen;
      if (chosen && chosen.kind !== "server" && chosen.kind !== "own") return chosen;
      if (chosen?.kind === "server" && (served.value === null || servedList(chosen.name))) return chosen;
      const fallback = servedList(served.value?.default) ?? served.value?.watchlists[0];
      return fallback ? { kind: "server", name: fallback.name } : null;
    },

    /** Its symbols, in order and each once; null until they are known. */
    symbolsOf(choice: Choice | null): readonly string[] | null {
      switch (choice?.kind) {
        case undefined:
          return null;
        case "own":
          return own.value.find(({ id }) => id === choice.id)?.symbols ?? [];
        case "server":
          return served.value === null ? null : [...new Set(servedList(choice.name)?.symbols ?? [])];
        case "sector":
          return directory.all.value && (sectors.value.get(choice.name) ?? []);
        case "shared":
          if (address.symbols?.[0] !== "*") return shared.value;
      }
      return directory.all.value?.map(({ symbol }) => symbol) ?? null;
    },

    /** Whether it is all symbols of the server, to which one can subscribe without naming them. */
    isEverything: (choice: Choice | null): boolean =>
      choice?.kind === "all" || (choice?.kind === "shared" && address.symbols?.[0] === "*"),

    /** Its name; empty for none. */
    titleOf(choice: Choice | null): string {
      switch (choice?.kind) {
        case "all":
          return "All symbols";
        case "shared":
          return address.name ?? "Shared list";
        case "own":
          return own.value.find(({ id }) => id === choice.id)?.name ?? "";
      }
      return choice?.name ?? "";
    },

    /** The lists that the keys [ and ] step through, in the menu's order. */
    sequence: (): readonly Choice[] => [
      ...own.value.map(({ id }) => ({ kind: "own" as const, id })),
      ...(served.value?.watchlists ?? []).map(({ name }) => ({ kind: "server" as const, name })),
      { kind: "all" },
    ],

    /** Sets the symbols of the list in the address, as the server spells them. */
    setShared(symbols: readonly string[]): void {
      shared.value = symbols;
    },

    /** Asks for the server's lists, with one request at a time. It never throws; `failure` says whether it worked. */
    async load(): Promise<void> {
      if (loading) return;
      loading = true;
      try {
        const answer = await api.watchlists();
        batch(() => {
          served.value = answer;
          failure.value = null;
        });
      } catch {
        failure.value = "The list of symbols could not be loaded.";
      } finally {
        loading = false;
      }
    },
  };
}

/** All lists there are. */
export type Library = ReturnType<typeof createLibrary>;

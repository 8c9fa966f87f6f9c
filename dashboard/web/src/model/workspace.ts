/*
 * model/ is what the page knows, and what can be done with it, as signals and functions. Nothing here touches the
 * document. `market.ts` has the prices, and whether they are live; `workspace.ts` has what the reader has arranged:
 * which list is shown, how it is sorted, and in which columns. Both are made of parts that each own one thing, a file
 * each.
 */
import { batch, computed, effect, signal } from "@preact/signals-core";
import type { Layout } from "../columns/layout.ts";
import { type ColumnId, columnOf } from "../columns/registry.ts";
import type { Address } from "./address.ts";
import type { Api } from "./api.ts";
import { setLayout } from "./columnchange.ts";
import { createEdits } from "./edits.ts";
import type { History } from "./history.ts";
import { type Import, lookUp, spell } from "./imports.ts";
import { createLibrary } from "./library.ts";
import type { Choice } from "./lists.ts";
import type { Market } from "./market.ts";
import { createMatcher } from "./match.ts";
import type { SavedWorkspace } from "./savedworkspace.ts";
import { createSelection } from "./selection.ts";
import { nextSort, type Sort, sortSymbols } from "./sorting.ts";

/** What the workspace reads from, and where it is kept. */
export interface WorkspaceOptions {
  readonly market: Market;
  readonly api: Pick<Api, "watchlists" | "describe">;
  /** What is kept between visits. */
  readonly saved: SavedWorkspace;
  /** What the page's address asks for; it is shown, but not kept. */
  readonly address: Address;
  /** What the reader changes here can be undone there. */
  readonly history: History;
}

/** What the reader has arranged. Until it is closed, it subscribes the market to the symbols that are shown. */
export function createWorkspace({ market, api, saved, address, history }: WorkspaceOptions) {
  const { directory } = market;
  const library = createLibrary({ saved, api, directory, address });
  const selection = createSelection({ saved, library, address });
  const { choice, filter } = selection;
  const symbols = computed(() => library.symbolsOf(choice.value));
  const edits = createEdits({ saved, library, selection, directory, history, symbols });
  const newcomer = saved.choice.peek() === null;

  const { layout } = saved;
  const addressSort = signal(address.sort); // undefined once the reader has sorted
  const sort = computed<Sort>(() => (addressSort.value === undefined ? saved.sort.value : addressSort.value));
  const setSort = (next: Sort) => {
    const [asked, kept] = [addressSort.peek(), saved.sort.peek()];
    const put = (address: Sort | undefined, own: Sort) =>
      batch(() => {
        addressSort.value = address;
        saved.setSort(own);
      });
    const text = next ? `Sorted by ${columnOf(next.column).label}` : "Sort cleared";
    history.run({ text, do: () => put(undefined, next), undo: () => put(asked, kept) });
  };

  const matcher = createMatcher();
  const matching = computed<readonly string[]>(() => {
    const text = filter.value.trim();
    const listed = symbols.value ?? [];
    if (text === "") return listed;
    directory.revision.value; // names and sectors can arrive after the filter was typed
    const matches = matcher(text);
    return listed.filter((symbol) => matches(directory.info(symbol) ?? { symbol }));
  });

  const choose = (next: Choice | null) => {
    selection.choose(next);
    if (next?.kind === "sector" || next?.kind === "all") void directory.loadAll();
  };

  /** Finds out how the server spells the symbols in the address, which people type in lower case. */
  const spellShared = async () => {
    if (address.symbols === null || library.symbolsOf({ kind: "shared" }) !== null) return;
    const spelled = await spell(address.symbols, { api, directory }).catch(() => new Map<string, string>());
    library.setShared([...new Set(address.symbols.map((name) => spelled.get(name) ?? name.toUpperCase()))]);
  };

  const stops = [
    effect(() => {
      if (market.state.value.phase === "open" && library.served.value === null) void library.load();
    }),
    effect(() => {
      if (library.isEverything(choice.value)) market.follow(["*"]);
      else if (symbols.value) market.follow(symbols.value);
    }),
  ];

  return {
    ...edits,
    library,
    choice,
    /** In the list's own order; null until they are known. */
    symbols,
    /** The name of what is shown; empty for nothing. */
    title: computed(() => library.titleOf(choice.value)),
    sort,
    layout,
    filter,
    /** Whether the reader has never chosen or made a list, at this visit or an earlier one. */
    get fresh(): boolean {
      return newcomer && library.own.value.length === 0;
    },

    /** The symbols that match the filter, in the list's own order. */
    matching,
    /** The same, sorted by their present values. */
    sorted: (): readonly string[] =>
      sortSymbols(matching.value, sort.value, (symbol, column) => columnOf(column).sort(market.row(symbol))),

    /** Sorts by a column, as a click on its header does. */
    sortBy: (column: ColumnId): void => setSort(nextSort(sort.value, column)),
    /** Back to the list's own order. */
    unsort: (): void => setSort(null),
    setLayout: (next: Layout): void => setLayout({ saved, history }, next),
    /** Which parameters of the page's address still hold: those of a list or a sort that is shown no more do not. */
    addressed: computed(() => ({ list: choice.value?.kind === "shared", sort: addressSort.value !== undefined })),

    choose,
    /** Chooses the list before or after in the menu's order. */
    step(by: -1 | 1): void {
      const next = selection.neighbour(by);
      if (next) choose(next);
    },
    /** Back to the server's default list. */
    reset(): void {
      choose(null);
      void library.load();
    },

    /** Puts a symbol in the place of another one; not while the list is sorted. */
    move(symbol: string, to: string): void {
      if (!sort.value) edits.move(symbol, to);
    },

    /** Finds out which names of a text are symbols. It throws when the server does not answer. */
    lookUp: (names: readonly string[]): Promise<Import> => lookUp(names, { api, directory }),

    /** Asks again for what could not be loaded. */
    retry(): void {
      if (library.served.value === null) void library.load();
      if (symbols.value === null && library.served.value !== null) void directory.loadAll();
    },

    /** Asks the server for what is shown. */
    async start(): Promise<void> {
      const now = selection.chosen.value;
      if (now?.kind === "all" || now?.kind === "sector" || address.symbols?.[0] === "*") void directory.loadAll();
      await Promise.all([library.load(), spellShared()]);
    },

    close(): void {
      for (const stop of stops) stop();
    },
  };
}

/** What the reader has arranged. */
export type Workspace = ReturnType<typeof createWorkspace>;

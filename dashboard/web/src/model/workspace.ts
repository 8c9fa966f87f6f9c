import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals-core";
import type { Layout } from "../columns/layout.ts";
import { type ColumnId, columnOf } from "../columns/registry.ts";
import type { Address } from "./address.ts";
import type { Api, SymbolInfo, Watchlist, Watchlists } from "./api.ts";
import type { SavedStore } from "./kept.ts";
import {
  type Choice,
  freeName,
  moveSymbol,
  type OwnList,
  putList,
  readName,
  sameChoice,
  withoutExchange,
} from "./lists.ts";
import type { Market } from "./market.ts";
import { nextSort, rank, type Sort } from "./ranking.ts";

export interface Note {
  readonly text: string;
  readonly undo: (() => void) | null;
}

/** What an imported text comes to. */
export interface Import {
  readonly symbols: readonly string[];
  /** Those that the server does not know; they are left out. */
  readonly unknown: readonly string[];
}

export interface WorkspaceOptions {
  readonly market: Market;
  readonly api: Pick<Api, "watchlists" | "describe">;
  readonly saved: SavedStore;
  readonly address: Address;
}

const plural = (count: number, one: string) => `${count} ${one}${count === 1 ? "" : "s"}`;

/** What the reader looks at and does with it, without the page. */
export function createWorkspace(options: WorkspaceOptions) {
  const { market, api, saved, address } = options;

  const initial = saved.load();
  const lists: Signal<readonly OwnList[]> = signal(initial.lists);
  const chosen: Signal<Choice | null> = signal(address.symbols ? { kind: "shared" } : initial.choice);
  const sort: Signal<Sort> = signal(address.sort === undefined ? initial.sort : address.sort);
  const layout: Signal<Layout> = signal(initial.layout);
  const served: Signal<Watchlists | null> = signal(null);
  const filter = signal("");
  const note: Signal<Note | null> = signal(null);
  const failure: Signal<string | null> = signal(null);
  let loading = false;
  let keptSort = initial.sort; // an address changes nothing of what is kept

  const servedList = (name: string | undefined): Watchlist | undefined =>
    served.value?.watchlists.find((list) => list.name === name);

  /** What is shown, when nothing was chosen or what was chosen is gone: the server's default list. */
  const choice: ReadonlySignal<Choice | null> = computed(() => {
    const now = chosen.value;
    if (now && now.kind !== "server") return now;
    if (now && (served.value === null || servedList(now.name))) return now;
    const fallback = servedList(served.value?.default) ?? served.value?.watchlists[0];
    return fallback ? { kind: "server", name: fallback.name } : null;
  });

  const sectors: ReadonlySignal<ReadonlyMap<string, readonly string[]>> = computed(() => {
    const all = new Map<string, string[]>();
    for (const { symbol, sector } of market.everything.value ?? []) {
      if (!sector) continue;
      const symbols = all.get(sector);
      if (symbols) symbols.push(symbol);
      else all.set(sector, [symbol]);
    }
    return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
  });

  const symbols: ReadonlySignal<readonly string[] | null> = computed(() => {
    const now = choice.value;
    switch (now?.kind) {
      case undefined:
        return null;
      case "own":
        return lists.value.find(({ name }) => name === now.name)?.symbols ?? [];
      case "server":
        return served.value === null ? null : [...new Set(servedList(now.name)?.symbols ?? [])];
      case "sector":
        return market.everything.value && (sectors.value.get(now.name) ?? []);
      case "shared":
        if (address.symbols?.[0] !== "*") return address.symbols;
    }
    return market.everything.value?.map(({ symbol }) => symbol) ?? null;
  });

  const title = (of: Choice | null): string => {
    switch (of?.kind) {
      case "all":
        return "All symbols";
      case "shared":
        return address.name ?? "Shared list";
    }
    return of?.name ?? "";
  };

  const save = () => saved.save({ lists: lists.value, choice: chosen.value, sort: keptSort, layout: layout.value });

  const loadLists = async () => {
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
  };

  const say = (text: string, undo: (() => void) | null = null) => {
    note.value = {
      text,
      undo:
        undo &&
        (() => {
          batch(() => {
            undo();
            note.value = null;
          });
          save();
        }),
    };
  };

  const choose = (next: Choice | null) => {
    batch(() => {
      chosen.value = next;
      filter.value = "";
    });
    save();
    if (next?.kind === "sector" || next?.kind === "all") void market.loadEverything();
  };

  /** Goes back to how the lists are now. */
  const remember = () => {
    const [before, was] = [lists.value, chosen.value];
    return () => {
      lists.value = before;
      chosen.value = was;
    };
  };

  /** The reader's list to change: the one that is shown, or a copy of it where that one is not the reader's. */
  const editable = (): OwnList => {
    const now = choice.value;
    if (now?.kind === "own") {
      const own = lists.value.find(({ name }) => name === now.name);
      if (own) return own;
    }
    const name = freeName(
      now === null ? "My list" : (readName(`My ${title(now)}`) ?? "My list"),
      lists.value.map((list) => list.name),
    );
    return { name, symbols: symbols.value ?? [] };
  };

  const edit = (change: (symbols: readonly string[]) => readonly string[]): { copied: boolean; name: string } => {
    const list = editable();
    const copied = !lists.value.some(({ name }) => name === list.name);
    batch(() => {
      lists.value = putList(lists.value, { name: list.name, symbols: change(list.symbols) });
      chosen.value = { kind: "own", name: list.name };
    });
    save();
    return { copied, name: list.name };
  };

  const place = ({ copied, name }: { copied: boolean; name: string }) => (copied ? ` in “${name}”, your copy` : "");

  const create = (name: string, list: readonly string[]): string => {
    const free = freeName(
      name,
      lists.value.map((one) => one.name),
    );
    batch(() => {
      lists.value = [...lists.value, { name: free, symbols: list }];
      chosen.value = { kind: "own", name: free };
      filter.value = "";
    });
    save();
    return free;
  };

  const matches = (symbol: string, text: string): boolean => {
    const info = market.info(symbol);
    return [symbol, info?.name, info?.sector].some((value) => value?.toLowerCase().includes(text));
  };

  const stopAsking = effect(() => {
    if (market.state.value.phase === "open" && served.value === null) void loadLists();
  });
  const stopFollowing = effect(() => {
    const now = choice.value;
    const all = now?.kind === "all" || (now?.kind === "shared" && address.symbols?.[0] === "*");
    if (all) market.follow(["*"]);
    else if (symbols.value) market.follow(symbols.value);
  });

  return {
    /** In the reader's own order, without those that the filter leaves out; null until it is known. */
    symbols,
    lists: lists as ReadonlySignal<readonly OwnList[]>,
    served: served as ReadonlySignal<Watchlists | null>,
    sectors,
    choice,
    title,
    sort: sort as ReadonlySignal<Sort>,
    layout: layout as ReadonlySignal<Layout>,
    filter,
    note: note as ReadonlySignal<Note | null>,
    failure: failure as ReadonlySignal<string | null>,
    /** Whether nothing has been chosen yet. */
    get fresh(): boolean {
      return initial.choice === null && lists.value.length === 0;
    },

    ranked(): readonly string[] {
      const text = filter.value.trim().toLowerCase();
      if (text !== "") market.learned.value; // names and sectors may come after what was typed
      const shown = symbols.value ?? [];
      return rank(text === "" ? shown : shown.filter((symbol) => matches(symbol, text)), sort.value, (symbol, column) =>
        columnOf(column).sort(market.row(symbol)),
      );
    },

    sortBy(column: ColumnId): void {
      sort.value = nextSort(sort.value, column);
      keptSort = sort.value;
      save();
    },

    unsort(): void {
      sort.value = null;
      keptSort = null;
      save();
    },

    setLayout(next: Layout): void {
      layout.value = next;
      save();
    },

    choose,

    /** Chooses the list before or after in the menu's order. */
    step(by: -1 | 1): void {
      const all: Choice[] = [
        ...lists.value.map(({ name }) => ({ kind: "own" as const, name })),
        ...(served.value?.watchlists ?? []).map(({ name }) => ({ kind: "server" as const, name })),
        { kind: "all" },
      ];
      const at = all.findIndex((one) => sameChoice(one, choice.value));
      const next = all[(Math.max(0, at) + by + all.length) % all.length];
      if (next) choose(next);
    },

    add(info: SymbolInfo): void {
      market.learn([info]);
      if (symbols.value?.includes(info.symbol)) return;
      const undo = remember();
      batch(() => say(`${info.symbol} added${place(edit((list) => [...list, info.symbol]))}.`, undo));
    },

    remove(symbol: string): void {
      if (!symbols.value?.includes(symbol)) return;
      const undo = remember();
      batch(() => say(`${symbol} removed${place(edit((list) => list.filter((other) => other !== symbol)))}.`, undo));
    },

    /** Puts a symbol in the place of another one, in the reader's own order. */
    move(symbol: string, to: string): void {
      if (sort.value) return;
      const done = edit((list) => moveSymbol(list, symbol, to));
      if (done.copied) say(`Reordered${place(done)}.`);
    },

    create,

    /** Copies what is shown to a list of the reader's. */
    copy(name: string): void {
      say(`“${create(name, symbols.value ?? [])}” is yours.`);
    },

    rename(from: string, to: string): void {
      const name = readName(to);
      const list = lists.value.find((one) => one.name === from);
      if (name === null || name === from || !list) return;
      const free = freeName(
        name,
        lists.value.map((one) => one.name),
      );
      batch(() => {
        lists.value = lists.value.map((one) => (one === list ? { ...list, name: free } : one));
        if (sameChoice(chosen.value, { kind: "own", name: from })) chosen.value = { kind: "own", name: free };
      });
      save();
    },

    discard(name: string): void {
      const undo = remember();
      batch(() => {
        lists.value = lists.value.filter((one) => one.name !== name);
        if (sameChoice(chosen.value, { kind: "own", name })) chosen.value = null;
        say(`“${name}” deleted.`, undo);
      });
      save();
    },

    /** Looks up what a text names, before it becomes a list. It throws when the server does not answer. */
    async look(names: readonly string[]): Promise<Import> {
      const plain = names.map((name) => withoutExchange(name) ?? name);
      const known = await api.describe([...new Set([...names, ...plain])]);
      const records = new Map(known.map((info) => [info.symbol, info]));
      const found = new Set<string>();
      const strange: string[] = [];
      for (const [index, name] of names.entries()) {
        const symbol = [name, plain[index]].find((one) => one !== undefined && records.has(one));
        if (symbol === undefined) strange.push(name);
        else found.add(symbol);
      }
      market.learn(known);
      return { symbols: [...found], unknown: strange };
    },

    import(name: string, list: readonly string[]): void {
      say(`${plural(list.length, "symbol")} imported as “${create(name, list)}”.`);
    },

    /** Back to the server's default list. */
    reset(): void {
      choose(null);
      void loadLists();
    },

    say,
    dismiss(): void {
      note.value = null;
    },

    /** Asks again for what could not be had. */
    retry(): void {
      if (served.value === null) void loadLists();
      if (symbols.value === null && served.value !== null) void market.loadEverything();
    },

    async start(): Promise<void> {
      const now = chosen.value;
      const all = now?.kind === "all" || now?.kind === "sector" || address.symbols?.[0] === "*";
      if (all) void market.loadEverything();
      await loadLists();
    },

    close(): void {
      stopAsking();
      stopFollowing();
    },
  };
}

export type Workspace = ReturnType<typeof createWorkspace>;

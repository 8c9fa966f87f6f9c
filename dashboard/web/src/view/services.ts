import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Client } from "tickertape-client";
import type { Format } from "../format.ts";
import type { Api } from "../model/api.ts";
import type { Market } from "../model/market.ts";
import type { Notes } from "../model/notes.ts";
import type { Settings } from "../model/settings.ts";
import type { Sparks } from "../model/spark.ts";
import type { Store } from "../model/store.ts";
import type { Workspace } from "../model/workspace.ts";

export type DialogName = "settings" | "keys" | "about" | "new" | "rename" | "import" | "export" | "share";

/** What is open on the page, and what its parts tell each other. */
export interface ShellState {
  readonly dialog: Signal<DialogName | null>;
  readonly listMenu: Signal<boolean>;
  readonly columnMenu: Signal<boolean>;
  /** Rows stay where they are since someone reads them, though their order by now is another one. */
  readonly held: Signal<boolean>;
  /** The note on the origin of the prices that the reader has closed, until the page is left. */
  readonly originRead: Signal<string>;
}

/** Nothing is open. */
export const createShellState = (): ShellState => ({
  dialog: signal(null),
  listMenu: signal(false),
  columnMenu: signal(false),
  held: signal(false),
  originRead: signal(""),
});

/** The symbol whose detail is open. */
export interface DetailPlace {
  readonly symbol: ReadonlySignal<string | null>;
  open(symbol: string): void;
  close(): void;
}

/** What a view may use. Views are given all of it, so that one can be mounted anywhere. */
export interface Services {
  readonly client: Client;
  readonly market: Market;
  readonly workspace: Workspace;
  readonly notes: Notes;
  readonly api: Api;
  readonly settings: Store<Settings>;
  readonly format: ReadonlySignal<Format>;
  readonly sparks: Sparks;
  readonly shell: ShellState;
  readonly detail: DetailPlace;
}

/** What every dialog is given. */
export interface DialogProps {
  readonly services: Services;
  readonly close: () => void;
}

/** A part of the page that has been put into an element, and can be taken out of it again. */
export interface View {
  close(): void;
}

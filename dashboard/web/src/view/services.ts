import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Client } from "tickertape-client";
import type { Format } from "../format.ts";
import type { Api } from "../model/api.ts";
import type { History } from "../model/history.ts";
import type { Market } from "../model/market.ts";
import type { Notes } from "../model/notes.ts";
import type { Records } from "../model/records.ts";
import type { SettingsStore } from "../model/settings.ts";
import type { Sparks } from "../model/spark.ts";
import type { Workspace } from "../model/workspace.ts";
import type { Shown } from "./shown.ts";

/** The dialogs that can be open. */
export type DialogName =
  | "settings"
  | "keys"
  | "about"
  | "new"
  | "rename"
  | "import"
  | "export"
  | "share"
  | "columns"
  | "recovered";

/** What is open on the page. Views that know nothing of each other share it. */
export interface ShellState {
  readonly dialog: Signal<DialogName | null>;
  readonly listMenu: Signal<boolean>;
  readonly columnMenu: Signal<boolean>;
  /** The rows are out of order, but stay where they are, since the pointer or the active cell is on them. */
  readonly held: Signal<boolean>;
  /** The symbols of the table, in the order in which it shows them. */
  readonly order: Signal<readonly string[]>;
  /** The text of the note on the prices' origin that the reader has closed; empty for none. It is not kept. */
  readonly originRead: Signal<string>;
}

/** The state of a page on which nothing is open. */
export const createShellState = (): ShellState => ({
  dialog: signal(null),
  listMenu: signal(false),
  columnMenu: signal(false),
  held: signal(false),
  order: signal([]),
  originRead: signal(""),
});

/** Which symbol's detail is open. */
export interface DetailPlace {
  readonly symbol: ReadonlySignal<string | null>;
  /** The same, but not before the reader rests: what costs more than a row of the table follows this one. */
  readonly settled: ReadonlySignal<string | null>;
  open(symbol: string): void;
  /** Shows another symbol in the open detail, as the reader passes it on the way to the next. */
  pass(symbol: string): void;
  close(): void;
}

/** What views may use. Each is given all of it, so that any of them can be mounted anywhere. */
export interface Services {
  /** Begins the ids of elements, so that two pages can be in one document. */
  readonly id: string;
  readonly client: Client;
  readonly market: Market;
  /** What views take rows from. */
  readonly shown: Shown;
  readonly workspace: Workspace;
  readonly notes: Notes;
  readonly history: History;
  readonly records: Records;
  readonly api: Api;
  readonly settings: SettingsStore;
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

/** What every menu is given while it is open. */
export interface OpenMenuProps {
  readonly services: Services;
  readonly close: (refocus: boolean) => void;
}

/** A part of the page that is mounted in an element. Closing it empties the element and ends all that it started. */
export interface View {
  close(): void;
}

import type { ReadonlySignal, Signal } from "@preact/signals";
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

/** What the parts of the page share. */
export interface Services {
  readonly client: Client;
  readonly market: Market;
  readonly workspace: Workspace;
  readonly notes: Notes;
  readonly api: Api;
  readonly settings: Store<Settings>;
  readonly format: ReadonlySignal<Format>;
  readonly sparks: Sparks;
  /** The dialog that is open. */
  readonly dialog: Signal<DialogName | null>;
  /** The note about the origin of the prices that the reader has closed, until the page is left. */
  readonly read: Signal<string>;
  /** The symbol whose detail is open. */
  readonly detail: ReadonlySignal<string | null>;
  readonly open: (symbol: string) => void;
  readonly close: () => void;
}

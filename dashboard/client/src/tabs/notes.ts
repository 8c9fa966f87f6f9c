import type { Want } from "../interest/want.ts";
import type { ClientMessage, ServerMessage } from "../protocol/messages.ts";
import type { ConnectionState, FallbackChange } from "../state.ts";

/** What the tabs tell each other. `to` is for one tab only. */
export type Note = { readonly from: string; readonly to?: string } & (
  | { readonly is: "want"; readonly want: Want; readonly join: boolean }
  | { readonly is: "leave" | "lead" | "beat" | "retryNow" | "networkChanged" }
  | { readonly is: "send"; readonly message: ClientMessage }
  | { readonly is: "message"; readonly message: ServerMessage; readonly position: string | null }
  | { readonly is: "state"; readonly state: ConnectionState; readonly silence: number }
  | { readonly is: "synced"; readonly resumed: boolean; readonly position: string | null }
  | { readonly is: "fallback"; readonly change: FallbackChange }
);
/** A note without its sender. */
// Omit would make one type of the union.
export type Body = Note extends infer One ? (One extends Note ? Omit<One, "from"> : never) : never;

/** The part of a BroadcastChannel that is used here. */
export interface Channel {
  postMessage(note: unknown): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
  close(): void;
}

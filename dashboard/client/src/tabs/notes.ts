import type { Want } from "../interest/want.ts";
import type { ClientMessage, ServerMessage } from "../protocol/messages.ts";
import type { ClientState, FallbackChange, Synced } from "../state.ts";

/** An event of the connection, as the leader passes it on. */
export type EventNote =
  | { readonly is: "message"; readonly event: ServerMessage }
  | { readonly is: "state"; readonly event: ClientState }
  | { readonly is: "synced"; readonly event: Synced }
  | { readonly is: "fallback"; readonly event: FallbackChange }
  | { readonly is: "refused"; readonly event: ReadonlyMap<string, string> };

/** What a leader says: that it leads now, that it is still there, or an event. */
export type LeaderNote = ({ readonly is: "lead" | "beat" } | EventNote) & {
  /** How long there may be no note before the leader is taken for frozen, in ms. */
  readonly silence: number;
  /** The resume position after the event. */
  readonly position?: string | null | undefined;
};

/** What a follower says. */
export type FollowerNote =
  | { readonly is: "want"; readonly want: Want; readonly join: boolean }
  | { readonly is: "leave" | "retryNow" | "networkChanged" }
  | { readonly is: "send"; readonly message: ClientMessage };

/** A note with its sender, and with its receiver where it is for one tab only. */
export type Sent<Note> = Note & { readonly from: string; readonly to?: string };

/** Sends a note to all tabs, or to one. */
export type Post = (note: LeaderNote | FollowerNote, to?: string) => void;

/** The part of a BroadcastChannel that is used here. */
export interface Channel {
  postMessage(note: unknown): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
  close(): void;
}

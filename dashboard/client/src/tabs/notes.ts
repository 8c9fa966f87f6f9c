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

/** What a leader says to one follower: events, or none of them where it only answers that it is there. */
export interface EventsNote {
  readonly is: "events";
  readonly events: readonly EventNote[];
  /** The number of the follower's join that it serves. Notes for an earlier one are out of date. */
  readonly join: number;
  /** The resume position after the events. */
  readonly position: string | null;
  /** Since when nobody looks at the leader, in ms since the Unix epoch; null while it is looked at. */
  readonly hidden: number | null;
}

/** lead: the sender leads, so join it. deposed: another tab has taken the lead from it. bye: it does not lead. */
export type LeaderNote = EventsNote | { readonly is: "lead" } | { readonly is: "deposed" } | { readonly is: "bye" };

/** What a follower says. */
export type FollowerNote =
  | {
      readonly is: "want";
      readonly want: Want;
      /** A number that is new asks for everything, a known one only for what is wanted in addition. */
      readonly join: number;
      /** How far the follower has come, EPOCH-SEQ. */
      readonly since: string | null;
    }
  | { readonly is: "ping"; readonly join: number }
  | { readonly is: "seek" | "leave" | "retryNow" | "networkChanged" }
  | { readonly is: "send"; readonly message: ClientMessage };

/** A note with its sender. */
export type Sent<Note> = Note & { readonly from: string };

/** The part of a BroadcastChannel that is used here. */
export interface Channel {
  postMessage(note: unknown): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
  close(): void;
}

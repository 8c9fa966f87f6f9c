import type { Lookup, Want } from "../interest/want.ts";
import type { ClientMessage, ServerMessage } from "../protocol/messages.ts";
import type { ClientState, FallbackChange, Synced } from "../state.ts";
import type { Connection } from "./connection.ts";

/** What a link calls. */
export interface LinkHandlers {
  /** A message has come, from the server or from the leader. */
  readonly message: (message: ServerMessage) => void;
  /** The state has changed, or the role. */
  readonly state: () => void;
  /** What the link is used for has changed, by this client or by another tab. */
  readonly used: () => void;
  readonly synced: (event: Synced) => void;
  readonly fallback: (event: FallbackChange) => void;
  /** More or less is refused than before. */
  readonly refused: (event: ReadonlyMap<string, string>) => void;
}

/** Calls the handlers at the events of a connection that is not shared. */
export function listen(connection: Connection, handlers: LinkHandlers): void {
  // Each handler has the name of its event, which the compiler cannot see; `used` is never an event of a connection.
  for (const name in handlers) connection.on(name as "message", handlers[name as "message"]);
}

/** What a client is connected by: its own connection, or one that tabs share. */
export interface Link {
  state(): ClientState;
  /** Where another connection would resume, EPOCH-SEQ; null when it would start over. */
  position(): string | null;
  /** Whether a symbol or a series, by its key, is followed: by this client or, through its connection, by another tab. */
  readonly uses: Lookup;
  /** What this client wants from now on. */
  want(want: Want): void;
  /**
   * Whether changes are to be held back, since another tab has asked for a higher rate than this one. If so, it calls
   * `publish` when it is time.
   */
  holds?(publish: () => void): boolean;
  connect(): void;
  /** Gives the connection back. `connect` takes it up again. */
  disconnect(): void;
  /** False when the message cannot be sent. Nothing is queued: it would be old by then. */
  send(message: ClientMessage): boolean;
  /** Tries again at once, also in the phase `stopped`. */
  retryNow(): void;
  /** The network has changed: tries again, also a transport that was blocked. */
  networkChanged(): void;
  /** The page is shown again, or the machine has slept: tries again, or looks whether the stream is silent. */
  wake(): void;
}

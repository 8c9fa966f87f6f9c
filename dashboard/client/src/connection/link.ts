import type { Lookup, Want } from "../interest/want.ts";
import type { ClientMessage, ServerMessage } from "../protocol/messages.ts";
import type { ClientState, FallbackChange, Synced } from "../state.ts";
import type { Connection } from "./connection.ts";

/** What a line tells its client. */
export interface LinkHandlers {
  readonly message: (message: ServerMessage) => void;
  /** Also when only the role is another. */
  readonly state: () => void;
  /** What the line is used for is something else now, by this client or by another tab. */
  readonly used: () => void;
  readonly synced: (event: Synced) => void;
  readonly fallback: (event: FallbackChange) => void;
}

/** Passes on what a connection tells. */
export function listen(connection: Connection, handlers: Omit<LinkHandlers, "used">): void {
  // The name and the handler belong together; the compiler cannot see it.
  for (const name of ["message", "state", "synced", "fallback"] as const) connection.on(name, handlers[name] as never);
}

/** What a client needs of its way to the server, be it its own connection or another tab's. */
export interface Link {
  state(): ClientState;
  position(): string | null;
  /** What it is used for: here, and where it leads by other tabs. */
  readonly uses: Lookup;
  want(want: Want): void;
  /** Whether changes are to be held back since others have asked for a higher rate; it tells them when it is time. */
  holds?(publish: () => void): boolean;
  connect(): void;
  disconnect(): void;
  send(message: ClientMessage): boolean;
  retryNow(): void;
  networkChanged(): void;
  wake(): void;
}

import type { Connection } from "../connection/connection.ts";
import type { LinkHandlers } from "../connection/link.ts";
import type { ServerMessage } from "../protocol/messages.ts";
import type { Synced } from "../state.ts";

/**
 * A connection that is opened before it is used: what comes is kept, and `ready` is called when it is everything. The
 * handlers have it at once when the connection is used.
 */
export function createSpare(connection: Connection, ready: () => void) {
  let messages: ServerMessage[] | null = null; // null while it is not prepared
  let synced: Synced | null = null;

  connection.on("message", (message) => {
    if (message.type === "hello") messages?.splice(0);
    messages?.push(message);
  });
  connection.on("synced", (event) => {
    if (!messages) return;
    synced = event;
    ready();
  });

  return {
    /** Whether it is prepared. */
    kept: (): boolean => messages !== null,
    /** Begins to keep what comes. */
    keep(): void {
      messages = [];
      synced = null;
    },
    /** Keeps nothing any more. */
    drop(): void {
      messages = null;
    },
    /** Uses it, and returns whether everything had come. */
    use(handlers: LinkHandlers): boolean {
      const kept = messages;
      messages = null;
      if (!kept || !synced || connection.state().phase !== "open") return false;
      for (const message of kept) handlers.message(message);
      handlers.synced(synced);
      handlers.state();
      return true;
    },
  };
}

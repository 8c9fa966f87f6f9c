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
    if (message.type === "hello") {
      messages?.splice(0);
      synced = null;
    }
    messages?.push(message);
  });
  connection.on("synced", (event) => {
    if (!messages) return;
    synced = event;
    ready();
  });

  /** Keeps nothing any more. */
  const drop = (): void => {
    messages = null;
    connection.abandon(); // what has come was for nobody
  };

  return {
    drop,
    /** Whether it is prepared. */
    kept: (): boolean => messages !== null,
    /** Begins to keep what comes. */
    keep(): void {
      messages = [];
      synced = null;
    },
    /** Uses it with what has come, and returns whether it is open or opens. */
    use(handlers: LinkHandlers): boolean {
      const kept = messages;
      if (!kept) return false;
      const { phase } = connection.state();
      if (phase !== "open" && phase !== "connecting") {
        drop();
        return false;
      }
      messages = null;
      for (const message of kept) handlers.message(message);
      if (synced) handlers.synced(synced);
      handlers.state();
      return true;
    },
  };
}

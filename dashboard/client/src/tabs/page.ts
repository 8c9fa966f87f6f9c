import type { Line } from "../connection/link.ts";
import type { ClientOptions } from "../options.ts";
import { followPage, type Life } from "./lifecycle.ts";
import { createSharedLine, type ShareOptions } from "./link.ts";

export interface PageOptions extends Omit<Life, "line">, Omit<ShareOptions, "name" | "locks" | "channel" | "client"> {
  /** Of the server: who asks the same one for the same transport can use one connection. */
  readonly base: URL;
  readonly options: ClientOptions;
  readonly client: ShareOptions["client"] & Life["client"];
}

/** What only a page in a browser needs: it sees to the life of the page, and returns its way to the server. */
export function createPage(page: PageOptions): Line {
  const { base, options, connection } = page;
  const { share = true, transport = "" } = options;
  let line: Line = connection;
  followPage({ ...page, line: () => line });
  if (share && navigator.locks && typeof BroadcastChannel === "function") {
    line = createSharedLine({
      ...page,
      name: `tickertape 1 ${base} ${transport}`,
      locks: navigator.locks,
      channel: (name) => new BroadcastChannel(name),
    });
  }
  return line;
}

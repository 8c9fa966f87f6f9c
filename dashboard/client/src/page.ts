import { followPage, type Life } from "./lifecycle.ts";
import type { Line } from "./line.ts";
import { createSharedLine, type ShareOptions } from "./share.ts";

export interface PageOptions extends Life, Omit<ShareOptions, "locks" | "channel" | "client"> {
  /** Whether the tabs of the browser use one connection, where it can. */
  readonly share: boolean;
  readonly client: ShareOptions["client"] & Life["client"];
}

/** What only a page in a browser needs: it sees to the life of the page, and returns its way to the server. */
export function createPage(options: PageOptions): Line {
  followPage(options);
  return options.share && navigator.locks && typeof BroadcastChannel === "function"
    ? createSharedLine({ ...options, locks: navigator.locks, channel: (name) => new BroadcastChannel(name) })
    : options.connection;
}

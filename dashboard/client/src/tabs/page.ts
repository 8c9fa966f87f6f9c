/**
 * tabs/ is what only a page in a browser needs: its life, which begins and ends and is hidden, and one connection for
 * all tabs. It is a chunk of its own, which each page loads at once.
 */

import type { Link } from "../connection/link.ts";
import type { ClientOptions } from "../options.ts";
import { followPage, type Life } from "./lifecycle.ts";
import { createSharedLink, type SharedLinkOptions } from "./link.ts";

/** What a page needs. */
export interface PageOptions extends Omit<Life, "link">, Omit<SharedLinkOptions, "name" | "locks" | "channel"> {
  /** Of the server: tabs that use the same one with the same transport can share a connection. */
  readonly base: URL;
  readonly options: ClientOptions;
}

/** Follows the life of the page, and returns the link of its client, which is shared where the browser can. */
export function createPage(page: PageOptions): Link {
  const { base, options, connection } = page;
  const { share = true, transport = "" } = options;
  let link: Link = connection;
  followPage({ ...page, link: () => link });
  if (share && navigator.locks && typeof BroadcastChannel === "function") {
    link = createSharedLink({
      ...page,
      name: `tickertape 2 ${base} ${transport}`, // a number for each form of the notes
      locks: navigator.locks,
      channel: (name) => new BroadcastChannel(name),
    });
  }
  return link;
}

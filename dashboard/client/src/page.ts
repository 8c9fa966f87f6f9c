import { type Follower, followPage } from "./lifecycle.ts";
import type { Line } from "./line.ts";
import { type Known, retell } from "./retell.ts";
import { createSharedLine, type ShareOptions } from "./share.ts";

export interface PageOptions extends Pick<ShareOptions, "name" | "connection" | "handlers" | "now"> {
  /** Whether the tabs of the browser use one connection, where it can. */
  readonly share: boolean;
  /** What has been told so far. */
  readonly known: () => Known;
  readonly follower: Follower;
  readonly connected: () => boolean;
  readonly random: () => number;
}

/** What only a page in a browser needs: its way to the server, and what to do as its life goes on. */
export function createPage({ share, known, follower, connected, random, ...options }: PageOptions): {
  readonly line: Line;
  /** Returns what ends it. */
  readonly follow: () => () => void;
} {
  const can = "locks" in navigator && typeof BroadcastChannel === "function";
  return {
    follow: () => followPage(follower, connected, random),
    line:
      share && can
        ? createSharedLine({
            ...options,
            locks: navigator.locks,
            channel: (name) => new BroadcastChannel(name),
            told: (...what) => retell(known(), ...what),
            vouched: (symbol) => known().board.get(symbol)?.confirmed === true,
          })
        : options.connection,
  };
}

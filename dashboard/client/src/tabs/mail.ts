import type { Channel, FollowerNote, LeaderNote, Sent } from "./notes.ts";

/**
 * Sends notes between tabs. A note to all goes over the channel `name`, a note to one tab over the channel of that tab,
 * `name/tab`: whatever goes over a channel is copied for everyone who has it open.
 */
export function createMail(
  channel: (name: string) => Channel,
  name: string,
  self: string,
  receive: (note: Sent<LeaderNote | FollowerNote>) => void,
) {
  const all = channel(name);
  const own = channel(`${name}/${self}`);
  const kept = new Map<string, Channel>(); // to tabs that are written to often
  for (const one of [all, own]) one.addEventListener("message", (event) => receive((event as MessageEvent).data));

  const keep = (tab: string): Channel => {
    const known = kept.get(tab) ?? channel(`${name}/${tab}`);
    kept.set(tab, known);
    return known;
  };

  return {
    /** Sends a note to one tab, or to all others. */
    post(note: LeaderNote | FollowerNote, to?: string): void {
      const sent = { ...note, from: self };
      (to === undefined ? all : keep(to)).postMessage(sent);
    },
    /** Nothing more is sent to a tab for now. */
    forget(tab: string): void {
      kept.get(tab)?.close();
      kept.delete(tab);
    },
    close(): void {
      for (const one of [all, own, ...kept.values()]) one.close();
      kept.clear();
    },
  };
}

/** The mail of one tab. */
export type Mail = ReturnType<typeof createMail>;

import { isGroup, type Want, wantsNothing, without } from "../interest/want.ts";
import type { Requests, Send } from "./contract.ts";

const everyFlush = 1000; // updates a second, more than any server flushes
/** Symbols of 32 bytes at most that one message may name: servers take messages of at least 4 KiB. */
export const perMessage = 100;
const checkEvery = 200; // ms, while not all that has changed could be sent

/** Names in lists that are short enough for one message each. */
export const parts = <T>(names: readonly T[]): readonly (readonly T[])[] =>
  names.length ? [names.slice(0, perMessage), ...parts(names.slice(perMessage))] : [];

/** The rate and fields to ask for, where they differ from those that were asked for before; else null. */
function changedOptions({ rate, fields }: Want, before: Want) {
  const others = String(fields) !== String(before.fields);
  return others || rate !== before.rate ? { rate: rate ?? everyFlush, ...(others && { fields: fields ?? [] }) } : null;
}

/**
 * The symbols, the rate and the fields that the server has been asked for on the present stream. `expect` is called for
 * each snapshot that is to come. For the subscriptions.
 */
export function createAsked(requests: Requests, expect: () => void) {
  let symbols = new Set<string>();
  const dropped = new Set<string>(); // of them, those that have not been wanted for a moment: what was known is forgotten
  let options = wantsNothing; // its rate and fields

  /** Unsubscribes from what is not wanted any more, and from what is to be asked for again. */
  const remove = (send: Send, wanted: ReadonlySet<string>): void => {
    const forget = (names: readonly string[]) => {
      for (const name of names) {
        symbols.delete(name);
        dropped.delete(name);
      }
    };
    const removed = [...symbols].filter((name) => !wanted.has(name) || dropped.has(name));
    if (wanted.has("*")) {
      forget(removed); // all symbols are followed, these among them
      return;
    }
    const everything = removed.some(isGroup);
    // A list may have others that are wanted. So everything goes with it, and those are asked for again.
    for (const names of everything ? [["*"]] : parts(removed)) {
      const gone = everything ? [...symbols] : names;
      const undo = () => {
        for (const name of gone) {
          symbols.add(name);
          dropped.add(name);
        }
      };
      if (!requests.free()) return;
      if (!requests.send(send, { type: "unsubscribe", symbols: names }, { kind: "symbols", keys: [], undo })) return;
      forget(gone);
      requests.room("symbols", everything ? perMessage : gone.length);
    }
  };

  /** Asks for another rate or other fields. */
  const choose = (send: Send, want: Want): void => {
    const changed = changedOptions(want, options);
    if (!changed || !requests.free()) return;
    const before = options;
    const snapshot = !!changed.fields && symbols.size > 0;
    const undo = () => {
      options = before;
    };
    // With a name in it, it is answered by a snapshot even where no name is known yet.
    const message = { type: "subscribe", ...(snapshot && { symbols: [...symbols].slice(0, 1) }), ...changed } as const;
    if (!requests.send(send, message, { kind: "symbols", keys: [], snapshot, undo })) return;
    if (snapshot) expect();
    options = want;
  };

  /** Subscribes to these names, as many as may be asked for now. */
  const add = (send: Send, names: readonly string[], since: string | null): number | null => {
    let left = names;
    for (;;) {
      left = left.filter((name) => !symbols.has(name));
      const keys = requests.next("symbols", left);
      if (!keys.length) return requests.wait("symbols", left);
      const undo = () => {
        for (const name of keys) symbols.delete(name);
      };
      const message = { type: "subscribe", symbols: keys, ...(since && { since }) } as const;
      if (!requests.send(send, message, { kind: "symbols", keys, snapshot: true, undo })) return null;
      expect();
      for (const name of keys) symbols.add(name);
    }
  };

  return {
    /** Whether a symbol has been asked for. */
    has: (name: string): boolean => symbols.has(name),
    /** Whether any symbol has. */
    any: (): boolean => symbols.size > 0,
    /** Whether what comes has not the fields that are wanted. */
    outdated: ({ fields }: Want): boolean => String(fields) !== String(options.fields),

    /** Others are wanted. What goes is forgotten, so it is asked for again even if it is wanted again soon. */
    want(wanted: ReadonlySet<string>): void {
      for (const name of without(symbols, wanted)) dropped.add(name);
    },

    /** A stream opens, whose query asks for these. Returns what undoes that. */
    open(names: readonly string[], want: Want): () => void {
      symbols = new Set(names);
      dropped.clear();
      options = want;
      return () => symbols.clear();
    },

    /**
     * Sends what the server does not know yet: of what is wanted, the `names`, from `since` on. `more` sends what else is
     * to be sent. Returns after how many ms to go on; null when nothing but an answer can help, or nothing is left.
     */
    flush(
      sendOut: Send,
      want: Want,
      wanted: ReadonlySet<string>,
      names: readonly string[],
      since: string | null,
      more?: (send: Send) => number | null,
    ): number | null {
      let full = false;
      const send: Send = (message) => {
        const id = sendOut(message);
        full ||= id === null;
        return id;
      };
      remove(send, wanted);
      choose(send, want);
      const held = requests.held();
      const waits = [add(send, names, since), more?.(send) ?? null, full ? checkEvery : null, held > 0 ? held : null];
      const due = waits.filter((ms) => ms !== null);
      return due.length ? Math.min(...due) : null;
    },
  };
}

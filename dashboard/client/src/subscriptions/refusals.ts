import { isGroup } from "../interest/want.ts";
import type { ErrorMessage } from "../protocol/messages.ts";
import { perMessage } from "./asked.ts";
import type { Kind, Request } from "./contract.ts";

const shortest = 1000; // ms until what was refused is asked for again, unless something makes room before
const longest = 300_000;
const tooMany = "too_many_symbols";

/** Whether the server refuses everything for now, whatever it is. */
export const isTemporary = (code: string): boolean => code === "rate_limited" || code === "full";

/**
 * What the server has refused. It is asked for again when something else is given up, or after a delay which doubles. If
 * a request for several is refused, half of them are asked for, and so on, until the room is used up. `changed` is called
 * when more or less is refused. For the requests.
 */
export function createRefusals(now: () => number, random: () => number, changed: () => void) {
  const codes = new Map<string, string>();
  const barred = new Set<string>(); // keys that were refused by themselves: these wait for room, or for another stream
  const make = () => ({ size: perMessage, until: 0, failures: 0, code: "" });
  let kinds = { symbols: make(), series: make() };
  let all = make(); // when nothing may be asked for, nor given up
  let doubt = false;

  const note = (keys: readonly string[], code: string) => {
    const fresh = keys.filter((key) => codes.get(key) !== code);
    for (const key of fresh) codes.set(key, code);
    if (fresh.length) changed();
  };
  const forget = (gone: (key: string) => boolean) => {
    const keys = [...codes.keys()].filter(gone);
    for (const key of keys) {
      codes.delete(key);
      barred.delete(key);
    }
    if (keys.length) changed();
  };
  const delay = (one: ReturnType<typeof make>, code: string, atLeast = 0) => {
    one.until = now() + atLeast + Math.min(longest, shortest * 2 ** one.failures++) * (0.5 + random() / 2);
    one.code = code;
  };

  return {
    /** The codes by key. */
    refused: codes as ReadonlyMap<string, string>,
    /** Whether the last answer was a refusal. */
    doubt: (): boolean => doubt,
    /** How long nothing may be sent, in ms; 0 or less for now. */
    held: (): number => all.until - now(),
    /** Forgets those that are gone. */
    forget,

    /** A stream opens. */
    open(): void {
      barred.clear();
      kinds = { symbols: make(), series: make() };
      all = make();
      doubt = false;
    },

    /** So many of a kind have been given up. */
    room(kind: Kind, size: number): void {
      const one = kinds[kind];
      one.until = 0;
      one.size = Math.max(one.size, Math.min(size, perMessage));
      for (const key of barred) if (key.includes(" ") === (kind === "series")) barred.delete(key);
    },

    /** Of these, what to ask for in one message while so many others have no answer. */
    next(kind: Kind, keys: readonly string[], pending: number): readonly string[] {
      const { size, until } = kinds[kind];
      if (until > now() || (pending > 0 && size < perMessage)) return [];
      return keys.filter((key) => !barred.has(key)).slice(0, size);
    },

    /** How long what is left of a kind has to wait, in ms; null when nothing but an answer or room can help. */
    wait(kind: Kind, left: readonly string[]): number | null {
      const one = all.until > now() ? all : kinds[kind];
      const ms = one.until - now();
      if (!left.length || ms <= 0) return null;
      note(
        left.filter((key) => !barred.has(key)),
        one.code,
      );
      return ms;
    },

    /** What a stream that takes no messages has been asked for, and what it could not be. */
    allot(granted: Iterable<string>, left: readonly string[]): void {
      const gone = new Set(granted);
      forget((key) => gone.has(key));
      note(left, tooMany);
    },

    /** The server has granted a request. */
    grant({ kind, keys }: Request): void {
      doubt = false;
      all.failures = 0;
      if (!keys.length) return;
      const one = kinds[kind];
      one.failures = 0;
      one.size = Math.min(perMessage, one.size * 2);
      const granted = new Set(keys);
      forget((key) => granted.has(key));
    },

    /** The server has refused a request. */
    refuse({ kind, keys, whole }: Request, { code, message = "" }: ErrorMessage): void {
      doubt = true;
      const [key] = keys;
      const one = kinds[kind];
      if (isTemporary(code)) {
        const seconds = Number(/\bin (\d{1,6}) s\b/.exec(message)?.[1] ?? 0);
        delay(all, code, seconds * 1000);
        note(keys, code);
      } else if (key === undefined)
        return; // a rate that makes no sense will make none later
      else if (keys.length > 1 && !whole) one.size = keys.length >> 1;
      else {
        if (code === tooMany && !isGroup(key)) {
          one.size = 1;
          delay(one, code); // a server without room refuses them all
        } else for (const key of keys) barred.add(key);
        note(keys, code);
      }
    },
  };
}

import type { RecordsOptions, TextLocks } from "./records.ts";
import type { TextStorage } from "./storage.ts";

interface Write {
  readonly key: string;
  readonly text: string | null;
  readonly by: number;
}

interface Cache {
  readonly texts: Map<string, string>;
  /** What it has written, on the way to the disk. */
  readonly outgoing: Write[];
  /** What the disk has taken, on the way to this window. */
  readonly incoming: Write[];
  /** Its own writes by key that the disk has not confirmed: until then, it takes no other's. */
  readonly unconfirmed: Map<string, number>;
  readonly locks: (() => void)[];
  changed: (key: string | null) => void;
  alive: boolean;
}

/**
 * Windows of one browser, each in a process of its own: writes reach the others late, in one order, as in Chromium.
 * `step` lets one thing happen; until then, nothing does. With `late` false, a write is everywhere at once, and only the
 * events are late.
 */
export function createWindows(count: number, { late }: { readonly late: boolean }) {
  const disk = new Map<string, string>();
  const caches = Array.from(
    { length: count },
    (): Cache => ({
      texts: new Map(),
      outgoing: [],
      incoming: [],
      unconfirmed: new Map(),
      locks: [],
      changed: () => {},
      alive: true,
    }),
  );
  const set = (texts: Map<string, string>, { key, text }: Write) => {
    if (text === null) texts.delete(key);
    else texts.set(key, text);
  };
  const take = (write: Write) => {
    set(disk, write);
    for (const cache of caches) cache.incoming.push(write);
  };
  const write = (by: number, cache: Cache, key: string, text: string | null) => {
    const one = { key, text, by };
    if (!late) return take(one);
    set(cache.texts, one);
    cache.unconfirmed.set(key, (cache.unconfirmed.get(key) ?? 0) + 1);
    cache.outgoing.push(one);
  };
  const deliver = (at: number, cache: Cache) => {
    const next = cache.incoming.shift();
    if (!next) return;
    const { key, by } = next;
    if (by === at) {
      cache.unconfirmed.set(key, (cache.unconfirmed.get(key) ?? 1) - 1);
      return;
    }
    if ((cache.unconfirmed.get(key) ?? 0) === 0) set(cache.texts, next);
    if (cache.alive) cache.changed(key);
  };

  /** Everything that can happen next. */
  const events = (): readonly (() => void)[] =>
    caches.flatMap((cache, at) => {
      const { outgoing, incoming, locks } = cache;
      const grant = () => void locks.shift()?.();
      const send = () => {
        const next = outgoing.shift();
        if (next) take(next);
      };
      return [
        ...(outgoing.length > 0 ? [send] : []),
        ...(incoming.length > 0 ? [() => deliver(at, cache)] : []),
        ...(locks.length > 0 && cache.alive ? [grant] : []),
      ];
    });

  return {
    /** What a window uses. */
    options(at: number): Pick<RecordsOptions, "storage" | "follow"> & { readonly locks: TextLocks } {
      const cache = caches[at];
      if (!cache) throw new RangeError(`there is no window ${at}`);
      const texts = late ? cache.texts : disk;
      const storage: TextStorage = {
        get length() {
          return texts.size;
        },
        key: (index) => [...texts.keys()][index] ?? null,
        getItem: (key) => texts.get(key) ?? null,
        setItem: (key, text) => write(at, cache, key, text),
        removeItem: (key) => write(at, cache, key, null),
      };
      return {
        storage: () => storage,
        locks: { request: (_, callback) => new Promise((done) => cache.locks.push(() => done(callback()))) },
        follow: (changed) => {
          cache.changed = changed;
          return () => {};
        },
      };
    },
    /** Lets one of the things happen that can happen next. False if there is none. */
    step(pick: number): boolean {
      const all = events();
      all[pick % all.length]?.();
      return all.length > 0;
    },
    /** Whether the window waits for the lock: what it has changed since it last had it is written nowhere. */
    waits: (at: number): boolean => (caches[at]?.locks.length ?? 0) > 0,
    /** The window is gone; what it has written still arrives. */
    kill(at: number): void {
      const cache = caches[at];
      if (cache) cache.alive = false;
    },
  };
}

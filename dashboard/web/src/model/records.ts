import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals-core";
import { type Aside, isAside, setAside } from "./aside.ts";
import { doubtful, missingIn, type Operation, withOperation } from "./operations.ts";
import { formatRecord, keyPrefix, parseRecord, type Stored, stamped } from "./record.ts";
import { createTolerantStorage, type TextStorage } from "./storage.ts";

/** What is needed of the browser's locks. */
export interface TextLocks {
  request(name: string, callback: () => void): Promise<unknown>;
}

/** Where records are kept. */
export interface RecordsOptions {
  /** May throw, as browsers do that forbid storage. */
  readonly storage: () => TextStorage;
  /** The path of the server's page: servers of one origin share no records. */
  readonly server: string;
  /** Undefined where the browser has none, as on a page without TLS. */
  readonly locks?: TextLocks | undefined;
  /** Calls back when another window has written this key, or null for any; returns the function that stops it. */
  readonly follow?: (changed: (key: string | null) => void) => () => void;
  /** What stands for records that have not been written yet, by name: what earlier versions of the page have kept. */
  readonly earlier?: ReadonlyMap<string, unknown>;
  /** Whether all of a value can be read. If not, its text is set aside. */
  readonly whole?: (name: string, value: unknown) => boolean;
  readonly now?: () => number;
  readonly random?: () => number;
}

interface Slot {
  readonly value: Signal<unknown>;
  text: string | null | undefined;
  stored: Stored;
  operations: readonly Operation[];
}

function show(slot: Slot, value: unknown): void {
  // What was written by this window is mostly what it shows already.
  if (JSON.stringify(value) !== JSON.stringify(slot.value.peek())) slot.value.value = value;
}

/**
 * Keeps records, each under a key of its own, so that windows that change different ones cannot meet. A change is an
 * operation: it is done at once on what this window knows, and then, under a lock, on what is stored. Each window stamps
 * a record with the number of its last operation. Where there is no lock, or the storage of another process is late, a
 * window sees by its missing stamp that it was overwritten, and does its operation again on what is stored now.
 */
export function createRecords(options: RecordsOptions) {
  const { server, locks, earlier = new Map(), whole = () => true, now = Date.now, random = Math.random } = options;
  const prefix = keyPrefix(server);
  const storage = createTolerantStorage(options.storage);
  const me = `w${random().toString(36).slice(2, 12)}`; // begins with a letter: objects keep such keys in their order
  const slots = new Map<string, Slot>();
  const names = signal<readonly string[]>([]);
  const failed = signal(false);
  let operations = 0;
  let writing: Promise<void> | null = null;

  const slotOf = (name: string): Slot => {
    const known = slots.get(name);
    if (known) return known;
    const stored: Stored = { value: earlier.get(name), stamps: {}, newer: false };
    const slot: Slot = { value: signal(stored.value), text: undefined, stored, operations: [] };
    slots.set(name, slot);
    return slot;
  };
  const mention = (name: string) => {
    if (!names.peek().includes(name)) names.value = [...names.peek(), name];
  };

  const parse = (name: string, text: string | null): Stored => {
    const nothing: Stored = { value: earlier.get(name), stamps: {}, newer: false };
    const stored = text === null ? nothing : parseRecord(text);
    if (text !== null && !stored?.newer && !(stored && whole(name, stored.value))) setTextAside(prefix + name, text);
    return stored ?? nothing;
  };

  /** Reads a record again. Returns the operations that are not in it, which are done on the value that is shown. */
  const read = (name: string): readonly Operation[] => {
    const slot = slotOf(name);
    mention(name);
    const text = storage.read(prefix + name);
    if (text !== slot.text) {
      slot.text = text;
      slot.stored = parse(name, text);
    }
    const { stamps, value } = slot.stored;
    const missing = missingIn(slot.operations, text === null ? null : (stamps[me] ?? 0), now());
    show(
      slot,
      missing.reduce((before, { change }) => change(before), value),
    );
    return missing;
  };

  /** Whether all changes of a record are written. */
  const writeRecord = (name: string, slot: Slot): boolean => {
    const missing = read(name);
    const last = missing.at(-1);
    if (last) {
      const stored = stamped(slot.stored, slot.value.peek(), me, last.number);
      const text = formatRecord(stored);
      // What is not written stays to be: with the next change, or when the page is looked at again.
      if (slot.stored.newer || !storage.write(prefix + name, text)) return false;
      slot.text = text;
      slot.stored = stored;
      for (const one of missing) one.written = now();
    }
    slot.operations = doubtful(slot.operations, now());
    return true;
  };

  const write = () => {
    writing = null; // what is changed from here on asks for the lock again
    const unwritten = [...slots].filter(([name, slot]) => slot.operations.length > 0 && !writeRecord(name, slot));
    failed.value = unwritten.length > 0;
  };

  const writeSoon = (): Promise<void> => {
    if (!locks) {
      write();
      return Promise.resolve();
    }
    writing ??= locks.request(prefix, write).then(
      () => {},
      () => write(), // a page that is not allowed locks
    );
    return writing;
  };

  const change = (name: string, operation: (now: unknown) => unknown): Promise<void> => {
    const slot = slotOf(name);
    mention(name);
    show(slot, operation(slot.value.peek()));
    const one = { number: ++operations, change: operation, written: null };
    slot.operations = withOperation(slot.operations, one, slot.value.peek());
    return writeSoon();
  };

  const aside = computed(() => {
    const { value } = slotOf("aside").value;
    return isAside(value) ? value : undefined;
  });
  const setTextAside = (key: string, text: string) => {
    if (key === `${prefix}aside`) return;
    if (setAside(slotOf("aside").value.peek(), key, text) === slotOf("aside").value.peek()) return;
    void change("aside", (before) => setAside(before, key, text));
  };

  /** Reads what another window has written. */
  const refresh = (changed: readonly string[]) => {
    const lost = changed.filter((name) => read(name).length > 0);
    if (lost.length > 0) void writeSoon();
  };

  for (const name of new Set(["aside", ...earlier.keys(), ...storage.keys(prefix)])) read(name);
  const stop = options.follow?.((key) => {
    if (key === null) refresh([...new Set([...slots.keys(), ...storage.keys(prefix)])]);
    else if (key.startsWith(prefix)) refresh([key.slice(prefix.length)]);
  });

  return {
    /** The names of all records that have been read or changed. Some may have no value. */
    names: names as ReadonlySignal<readonly string[]>,
    /** The value of a record, which an effect may follow; undefined for none. It may be anything. */
    valueOf: (name: string): unknown => slotOf(name).value.value,
    /**
     * Changes the value at once, and what is kept soon after. `operation` may be called again, with what another window has
     * written meanwhile, so it must do nothing else. The promise is kept after the attempt to write it; `failed` says how
     * that went.
     */
    change,
    /** Puts this value in place of any other. */
    replace(name: string, value: unknown): Promise<void> {
      slotOf(name).operations = []; // whatever they did is replaced
      return change(name, () => value);
    },
    /**
     * Something that was changed is not kept, since the storage is full, forbidden, or used by a newer version of the page.
     * False again when all is written.
     */
    failed: failed as ReadonlySignal<boolean>,
    /** What could not be read, as text. */
    aside: aside as ReadonlySignal<Aside | undefined>,
    /** Sets a text aside that could not be read elsewhere. */
    setAside: setTextAside,
    /** Writes all changes without waiting for the lock, as when the page is left. */
    flush: write,
    close(): void {
      write();
      stop?.();
    },
  };
}

/** What is kept between visits. */
export type Records = ReturnType<typeof createRecords>;

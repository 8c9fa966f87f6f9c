import { describe, expect, test } from "vitest";
import { type Aside, discardAside, setAside } from "./aside.ts";
import { memoryRecords, memoryStorage } from "./records.fixture.ts";
import type { TextLocks } from "./records.ts";

const text = (value: unknown, version = 2) => JSON.stringify({ version, stamps: {}, value });

describe("records", () => {
  test("of servers at other paths are others", () => {
    const storage = memoryStorage();
    const open = (server: string) => memoryRecords({ storage: () => storage, server });
    open("/").change("a", () => 1);
    open("/b/").change("a", () => 2);
    expect([open("/").valueOf("a"), open("/b/").valueOf("a"), open("/c/").valueOf("a")]).toEqual([1, 2, undefined]);
  });

  test("that are changed are written, and no others", () => {
    const written: string[] = [];
    const storage = memoryStorage({ "tickertape/%2F/a": text(1), "tickertape/%2F/b": text(2) });
    const watched = {
      ...storage,
      setItem: (key: string, value: string) => {
        written.push(key);
        storage.setItem(key, value);
      },
    };
    memoryRecords({ storage: () => watched }).change("a", (now) => Number(now) + 1);
    expect(written).toEqual(["tickertape/%2F/a"]);
  });

  test("are changed at once, and written under the lock, on what is stored then", async () => {
    const storage = memoryStorage();
    let grant = () => {};
    const locks = {
      request: (_: string, callback: () => void) =>
        new Promise<void>((done) => {
          grant = () => {
            callback();
            done();
          };
        }),
    };
    const records = memoryRecords({ storage: () => storage, locks });
    const written = records.change("a", (now) => [...((now ?? []) as string[]), "mine"]);
    expect(records.valueOf("a")).toEqual(["mine"]);
    expect(storage.getItem("tickertape/%2F/a")).toBeNull();
    storage.setItem("tickertape/%2F/a", text(["theirs"]));
    grant();
    await written;
    expect(records.valueOf("a")).toEqual(["theirs", "mine"]);
    expect(JSON.parse(storage.getItem("tickertape/%2F/a") ?? "")).toMatchObject({ value: ["theirs", "mine"] });
  });

  test("are written without the lock where the page is not allowed it, or is left", async () => {
    const storage = memoryStorage();
    const open = (locks: TextLocks) => memoryRecords({ storage: () => storage, locks });
    const stored = () => memoryRecords({ storage: () => storage }).valueOf("a");
    await open({ request: () => Promise.reject(new DOMException("no", "SecurityError")) }).change("a", () => 1);
    expect(stored()).toBe(1);
    const waiting = open({ request: () => new Promise(() => {}) });
    void waiting.change("a", () => 2);
    expect(stored()).toBe(1);
    waiting.flush();
    expect(stored()).toBe(2);
  });

  test("of a newer version are read, but not overwritten", () => {
    const newer = text({ theme: "dark", more: [] }, 3);
    const storage = memoryStorage({ "tickertape/%2F/a": newer });
    const records = memoryRecords({ storage: () => storage });
    records.change("a", (now) => ({ ...(now as object), theme: "light" }));
    expect(records.valueOf("a")).toEqual({ theme: "light", more: [] });
    expect(storage.getItem("tickertape/%2F/a")).toBe(newer);
    expect(records.failed.value).toBe(true);
  });

  /** A storage that refuses to write as long as `full` holds. */
  const narrow = (storage: ReturnType<typeof memoryStorage>) => {
    const state = { full: true };
    const setItem = (key: string, value: string) => {
      if (state.full) throw new DOMException("full", "QuotaExceededError");
      storage.setItem(key, value);
    };
    return { state, storage: { ...storage, setItem } };
  };

  test("that a full storage refuses are written when there is room again, which ends the failure", () => {
    const kept = memoryStorage();
    const { state, storage } = narrow(kept);
    const records = memoryRecords({ storage: () => storage });
    records.change("a", () => 1);
    expect([records.valueOf("a"), records.failed.value]).toEqual([1, true]);
    state.full = false;
    records.change("b", () => 2);
    expect(memoryRecords({ storage: () => kept }).valueOf("a")).toBe(1);
    expect(records.failed.value).toBe(false);
    state.full = true;
    records.change("b", () => 3);
    expect(records.failed.value).toBe(true);
  });

  test("take up bounded room while a storage refuses them, and none is lost", () => {
    const kept = memoryStorage();
    const { state, storage } = narrow(kept);
    const records = memoryRecords({ storage: () => storage });
    let calls = 0;
    for (let i = 0; i < 3000; i++)
      records.change("a", (now) => {
        calls++;
        return Number(now ?? 0) + 1;
      });
    expect(records.valueOf("a")).toBe(3000);
    calls = 0;
    state.full = false;
    records.flush();
    expect(memoryRecords({ storage: () => kept }).valueOf("a")).toBe(3000);
    expect(calls).toBeLessThanOrEqual(500);
  });

  test("end with a value that replaces what was there, whatever was changed before", () => {
    const { storage } = narrow(memoryStorage());
    const records = memoryRecords({ storage: () => storage });
    let calls = 0;
    records.change("a", () => ++calls);
    calls = 0;
    records.replace("a", "value");
    expect([records.valueOf("a"), calls]).toEqual(["value", 0]);
  });
});

describe("a change that was written", () => {
  const key = "tickertape/%2F/a";
  const add = (one: string) => (now: unknown) => [...((now ?? []) as string[]), one];
  /** Another window writes, in whose stamps ours is no longer. */
  const push = (storage: ReturnType<typeof memoryStorage>, others: number) => {
    for (let i = 0; i < others; i++)
      void memoryRecords({ storage: () => storage, random: () => (i + 2) / 100 }).change("a", add(`${i}`));
  };

  test("is not done again after sixteen other windows have pushed its stamp out, and the doubt is over", () => {
    const storage = memoryStorage();
    let time = 0;
    const records = memoryRecords({ storage: () => storage, random: () => 0.01, now: () => time });
    records.change("a", add("mine"));
    time = 11_000;
    push(storage, 16);
    records.change("a", add("later"));
    const expected = ["mine", ...Array.from({ length: 16 }, (_, i) => `${i}`), "later"];
    expect(records.valueOf("a")).toEqual(expected);
    expect(memoryRecords({ storage: () => storage }).valueOf("a")).toEqual(expected);
  });

  test("is done again where another window has overwritten it within ten seconds", () => {
    const storage = memoryStorage();
    let time = 0;
    const records = memoryRecords({ storage: () => storage, now: () => time });
    records.change("a", add("mine"));
    time = 9000;
    storage.setItem(key, text(["theirs"]));
    records.change("a", add("later"));
    expect(memoryRecords({ storage: () => storage }).valueOf("a")).toEqual(["theirs", "mine", "later"]);
  });
});

describe("what cannot be read", () => {
  test("is set aside once, before it is overwritten, until the reader discards it", () => {
    const storage = memoryStorage({ "tickertape/%2F/a": "{broken", "tickertape/%2F/b": text(1) });
    const open = () => memoryRecords({ storage: () => storage });
    const records = open();
    expect([records.valueOf("a"), records.valueOf("b")]).toEqual([undefined, 1]);
    records.change("a", () => 2);
    const aside = open().aside.value;
    expect(aside?.texts).toEqual({ "tickertape/%2F/a": "{broken" });
    if (aside) records.change("aside", (now) => discardAside(now, aside));
    storage.setItem("tickertape/%2F/a", "{broken"); // the same text is not offered again
    expect(open().aside.value?.texts).toEqual({});
    storage.setItem("tickertape/%2F/a", "{otherwise");
    expect(open().aside.value?.texts).toEqual({ "tickertape/%2F/a": "{otherwise" });
  });

  test("takes up a bounded part of the storage", () => {
    const damaged = Object.fromEntries(
      Array.from({ length: 80 }, (_, i) => [`tickertape/%2F/${i}`, `{${"x".repeat(i * 1000)}`]),
    );
    const storage = memoryStorage(damaged);
    const texts = Object.values(memoryRecords({ storage: () => storage }).aside.value?.texts ?? {});
    expect(texts.length).toBeLessThanOrEqual(50);
    expect(texts.join("").length).toBeLessThanOrEqual(200_000);
  });

  test("is cut off from the oldest text on", () => {
    let aside: Aside | undefined;
    for (let i = 0; i < 50; i++) aside = setAside(aside, `key ${i}`, `${i}`.repeat(10_000));
    const texts = Object.entries(aside?.texts ?? {});
    expect(texts.at(-1)).toEqual(["key 49", "49".repeat(10_000)]);
    expect(texts.length).toBe(10);
    aside = setAside(aside, "key 50", "x".repeat(300_000));
    expect(Object.entries(aside.texts).map(([key, { length }]) => [key, length])).toEqual([["key 50", 200_000]]);
  });

  test.each([{ texts: null, seen: null }, { texts: { a: 3 }, seen: {} }, [], 3])("may be %j in its place", (value) => {
    const storage = memoryStorage({ "tickertape/%2F/aside": text(value), "tickertape/%2F/b": "{broken" });
    expect(memoryRecords({ storage: () => storage }).aside.value?.texts).toEqual({ "tickertape/%2F/b": "{broken" });
  });

  test("may be what was set aside itself", () => {
    const storage = memoryStorage({ "tickertape/%2F/aside": "{" });
    expect(memoryRecords({ storage: () => storage }).aside.value).toBeUndefined();
  });
});

import { signal } from "@preact/signals-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toggleColumn } from "../columns/layout.ts";
import { columnIds } from "../columns/registry.ts";
import type { Directory } from "./directory.ts";
import { createEdits } from "./edits.ts";
import { createHistory, deepest } from "./history.ts";
import { createLibrary } from "./library.ts";
import { createNotes } from "./notes.ts";
import { memoryStorage } from "./records.fixture.ts";
import { createRecords } from "./records.ts";
import { isWhole } from "./savedrecords.ts";
import { createSavedWorkspace } from "./savedworkspace.ts";
import { createSelection } from "./selection.ts";
import { createSettings, type SettingName, settingChoices } from "./settings.ts";
import { createWindows } from "./windows.fixture.ts";

const runs = Number(process.env["WINDOWS_RUNS"] ?? 25);
const changes = 200; // of each window

const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

/** A page's model on one of the windows. */
function openWindow(windows: ReturnType<typeof createWindows>, at: number, locked: boolean, chance: () => number) {
  const { locks, ...options } = windows.options(at);
  const records = createRecords({
    ...options,
    locks: locked ? locks : undefined,
    server: "/",
    whole: isWhole,
    random: chance,
    now: () => 0,
  });
  let time = 0;
  const saved = createSavedWorkspace({
    records,
    server: "/",
    window: () => memoryStorage(),
    now: () => ++time,
    random: chance,
  });
  const directory: Directory = {
    all: signal(null),
    revision: signal(0),
    info: () => undefined,
    add: () => {},
    describe: async () => {},
    describeAgain: async () => {},
    loadAll: async () => {},
    retry: () => {},
    expire: () => {},
    close: () => {},
  };
  const address = { symbols: null, name: null, sort: undefined };
  const api = { watchlists: async () => ({ watchlists: [] }) };
  const library = createLibrary({ saved, api, directory, address });
  const selection = createSelection({ saved, library, address });
  const symbols = {
    get value() {
      return library.symbolsOf(selection.choice.value);
    },
  } as never;
  const history = createHistory({ notes: createNotes() });
  const edits = createEdits({ saved, library, selection, directory, history, symbols });
  return { records, saved, library, selection, history, edits, settings: createSettings({ records, history }) };
}
type Opened = ReturnType<typeof openWindow>;

/** Who has done what to one thing, in order. */
type Touches = Map<string, { readonly by: number; readonly now: string }[]>;

/** Makes random changes in a window, and writes down what became of each thing. */
function createReader(at: number, { saved, selection, history, edits, settings }: Opened, touches: Touches) {
  const touch = (thing: string, now: string) => {
    touches.set(thing, [...(touches.get(thing) ?? []), { by: at, now }]);
  };
  type Act = { readonly thing: string; readonly before: string; readonly after: string };
  const done: Act[] = [];
  const undone: Act[] = [];
  let made = 0;
  const did = (thing: string, before: string, after: string) => {
    touch(thing, after);
    done.push({ thing, before, after });
    if (done.length > deepest) done.shift();
    undone.length = 0;
  };
  const pick = <T>(all: readonly T[], chance: number): T | undefined => all[Math.floor(chance * all.length)];

  return (chance: () => number): void => {
    const lists = saved.lists.value;
    const shown = selection.choice.value;
    const list = shown?.kind === "own" ? lists.find(({ id }) => id === shown.id) : undefined;
    const what = chance();
    if (!list || what < 0.08) {
      const before = new Set(lists.map(({ id }) => id));
      const choose = pick(lists, chance());
      if (choose && chance() < 0.6) {
        selection.choose({ kind: "own", id: choose.id });
        return;
      }
      edits.create(`List ${at} ${made++}`, []);
      const id = saved.lists.value.find((one) => !before.has(one.id))?.id ?? "none";
      did(`list ${id}`, "gone", "there");
    } else if (what < 0.45) {
      const symbol = `S${at}-${made++}`;
      edits.add({ symbol });
      did(`symbol ${list.id} ${symbol}`, "gone", "there");
    } else if (what < 0.6) {
      const symbol = pick(list.symbols, chance());
      if (symbol === undefined) return;
      edits.remove(symbol);
      did(`symbol ${list.id} ${symbol}`, "there", "gone");
    } else if (what < 0.68) {
      const [one, other] = [pick(list.symbols, chance()), pick(list.symbols, chance())];
      if (one === undefined || other === undefined || one === other) return;
      edits.move(one, other);
      did("order", "", "");
    } else if (what < 0.72) {
      edits.rename(list.id, `Name ${at} ${made++}`);
      did(`name ${list.id}`, list.name, `Name ${at} ${made - 1}`);
    } else if (what < 0.75) {
      edits.discard(list.id);
      did(`list ${list.id}`, "there", "gone");
    } else if (what < 0.82) {
      const id = pick(columnIds.slice(1), chance());
      if (id) saved.changeLayout((now) => toggleColumn(now, id));
    } else if (what < 0.9) {
      const name = pick(Object.keys(settingChoices) as SettingName[], chance());
      const value = name && pick(settingChoices[name] as readonly string[], chance());
      const before = name && settings.value.value[name];
      if (name === undefined || value === undefined || before === undefined || before === value) return;
      void settings.update((now) => ({ ...now, [name]: value }));
      did(`setting ${name}`, before, value);
    } else if (what < 0.96) {
      const act = done.pop();
      history.undo();
      if (!act) return;
      touch(act.thing, act.before);
      undone.push(act);
    } else {
      const act = undone.pop();
      history.redo();
      if (!act) return;
      touch(act.thing, act.after);
      done.push(act);
    }
  };
}

/** What is wrong with what a window has in the end: a thing that one window alone has touched is as it left it. */
function lost({ records, saved, settings }: Opened, touches: Touches): readonly string[] {
  const wrong: string[] = [];
  for (const [thing, all] of touches) {
    const [kind, id = "", symbol = ""] = thing.split(" ");
    const record = records.valueOf(`list/${id}`) as { symbols: string[]; name: string } | undefined;
    const removed = all.some(({ now }) => now === "gone");
    const mine = all.every(({ by }) => by === all[0]?.by);
    const expected = mine ? all.at(-1)?.now : removed ? null : "there";
    let found: string | null = null;
    if (kind === "symbol") found = record?.symbols.includes(symbol) ? "there" : "gone";
    else if (kind === "list") found = record ? (mine && removed ? null : "there") : "gone";
    else if (kind === "name" && mine) found = record?.name ?? null;
    else if (kind === "setting" && mine) found = settings.value.value[id as SettingName];
    if (found !== null && expected !== null && found !== expected)
      wrong.push(`${thing} is ${found}: ${JSON.stringify(all)}`);
  }
  if (saved.lists.value.length === 0 && touches.size === 0) wrong.push("nothing was done");
  return wrong;
}

const everything = ({ saved, settings }: Opened) => ({
  lists: saved.lists.value,
  layout: saved.layout.value,
  settings: settings.value.value,
});

const settle = async (windows: ReturnType<typeof createWindows>) => {
  for (let i = 0; i < 100_000; i++) {
    if (windows.step(0)) continue;
    await Promise.resolve();
    if (!windows.step(0)) return;
  }
  throw new Error("the windows do not come to rest");
};

describe("two windows, two hundred changes each, one of which is killed", () => {
  test.each([
    { locked: true, late: false },
    { locked: false, late: false },
    { locked: true, late: true },
    { locked: false, late: true },
  ])("end with the same, and nothing is lost: $locked $late", { timeout: 600_000 }, async ({ locked, late }) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
        const chance = random(seed);
        const windows = createWindows(2, { late });
        const touches: Touches = new Map();
        const opened = [0, 1].map((at) => openWindow(windows, at, locked, chance));
        const readers = opened.map((window, at) => createReader(at, window, touches));
        const left = [changes, changes];
        const killed = chance() < 0.5 ? 0 : 1;
        const after = Math.floor(chance() * changes);
        let dead = false;
        while (left.some((count) => count > 0)) {
          const at = chance() < 0.5 ? 0 : 1;
          if ((left[at] ?? 0) > 0) {
            readers[at]?.(chance);
            left[at] = (left[at] ?? 0) - 1;
          }
          for (let i = Math.floor(chance() * 4); i > 0; i--) windows.step(Math.floor(chance() * 1000));
          if (chance() < 0.3) await Promise.resolve();
          if (!dead && left[killed] === after) {
            dead = true;
            left[killed] = 0;
            opened[killed]?.records.flush(); // as the page does when it is left
            // A window whose write another process has not seen yet can be overwritten by it, and cannot say so any more.
            if (late) await settle(windows);
            windows.kill(killed);
          }
        }
        await settle(windows);
        const [one, other] = [opened[1 - killed], openWindow(windows, 1 - killed, locked, chance)];
        if (!one) throw new Error("no window is left");
        expect(everything(other)).toEqual(everything(one));
        expect(lost(one, touches)).toEqual([]);
      }),
      { numRuns: runs },
    );
  });
});

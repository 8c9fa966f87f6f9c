import { signal } from "@preact/signals-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Layout, moveColumn, toggleColumn, visibleColumns } from "../columns/layout.ts";
import { columnIds } from "../columns/registry.ts";
import { setLayout } from "./columnchange.ts";
import type { Directory } from "./directory.ts";
import { createEdits } from "./edits.ts";
import { createHistory, deepest } from "./history.ts";
import { createLibrary } from "./library.ts";
import type { OwnList } from "./lists.ts";
import { createNotes } from "./notes.ts";
import { memoryStorage } from "./records.fixture.ts";
import { createRecords } from "./records.ts";
import { isWhole, type ListRecord } from "./savedrecords.ts";
import { createSavedWorkspace } from "./savedworkspace.ts";
import { createSelection } from "./selection.ts";
import { createSettings, type SettingName, settingChoices } from "./settings.ts";
import { createWindows } from "./windows.fixture.ts";

const runs = Number(process.env["WINDOWS_RUNS"] ?? 25);
const changes = 200; // of each window
const turn = 50; // ms from one change to the next
const latest = 4000; // ms until all windows have what any of them has written: less than what a change is doubted for

const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

interface Setting {
  readonly windows: ReturnType<typeof createWindows>;
  readonly locked: boolean;
  readonly chance: () => number;
  /** In ms. */
  readonly now: () => number;
}

/** A page's model on one of the windows. */
function openWindow({ windows, locked, chance, now }: Setting, at: number) {
  const { locks, ...options } = windows.options(at);
  const records = createRecords({
    ...options,
    locks: locked ? locks : undefined,
    server: "/",
    whole: isWhole,
    random: chance,
    now,
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

/** What a window has done to a thing: what it is then, and the number of the change among those of all windows. */
interface Touch {
  readonly by: number;
  readonly now: string;
  readonly number: number;
}

/** Who has done what to each thing, in order. */
function createTouches() {
  const all = new Map<string, readonly Touch[]>();
  let number = 0;
  return {
    all: all as ReadonlyMap<string, readonly Touch[]>,
    get last(): number {
      return number;
    },
    add(by: number, thing: string, now: string): void {
      all.set(thing, [...(all.get(thing) ?? []), { by, now, number: ++number }]);
    },
    /** Forgets what a window has done after that change. */
    forget(by: number, after: number): void {
      for (const [thing, touches] of all) {
        const kept = touches.filter((touch) => touch.by !== by || touch.number <= after);
        if (kept.length > 0) all.set(thing, kept);
        else all.delete(thing);
      }
    },
  };
}
type Touches = ReturnType<typeof createTouches>;

/** A change of one thing. Without `after`, it may be anything. */
interface Part {
  readonly thing: string;
  readonly before?: string;
  readonly after?: string;
}

/** Makes random changes in a window, and writes down what became of each thing. */
function createReader(at: number, { saved, selection, history, edits, settings }: Opened, touches: Touches) {
  const done: (readonly Part[])[] = [];
  const undone: (readonly Part[])[] = [];
  let made = 0;
  const redo = (act: readonly Part[]) => {
    for (const { thing, after = "" } of act) touches.add(at, thing, after);
  };
  const did = (...act: readonly Part[]) => {
    redo(act);
    done.push(act);
    if (done.length > deepest) done.shift();
    undone.length = 0;
  };
  const pick = <T>(all: readonly T[], chance: number): T | undefined => all[Math.floor(chance * all.length)];

  const changeList = (what: number, { id, symbols, name }: OwnList, chance: () => number) => {
    const symbol = pick(symbols, chance());
    if (what < 0.45) {
      const fresh = `S${at}-${made++}`;
      edits.add({ symbol: fresh });
      did({ thing: `symbol ${id} ${fresh}`, before: "gone", after: "there" });
    } else if (what < 0.57) {
      if (symbol === undefined) return;
      edits.remove(symbol);
      did({ thing: `symbol ${id} ${symbol}`, before: "there", after: "gone" }, { thing: `place ${id} ${symbol}` });
    } else if (what < 0.67) {
      const to = pick(symbols, chance());
      if (symbol === undefined || to === undefined || symbol === to) return;
      const side = symbols.indexOf(symbol) < symbols.indexOf(to) ? "right" : "left";
      edits.move(symbol, to);
      did({ thing: `place ${id} ${symbol}`, after: `${side} ${to}` });
    } else if (what < 0.69) {
      edits.rename(id, `Name ${at} ${made++}`);
      did({ thing: `name ${id}`, before: name, after: `Name ${at} ${made - 1}` });
    } else {
      edits.discard(id);
      did({ thing: `list ${id}`, before: "there", after: "gone" });
    }
  };

  const isShown = (layout: Layout, id: string) =>
    visibleColumns(layout).some((one) => one === id) ? "shown" : "hidden";
  const own = columnIds.filter((_, index) => index % 2 === at); // there are few columns: each window moves its own
  const changeColumns = (chance: () => number) => {
    const before = saved.layout.value;
    const [id, toggled, to] = [pick(own, chance()), pick(columnIds.slice(1), chance()), pick(own, chance())];
    if (chance() < 0.4) {
      if (!toggled) return;
      const next = toggleColumn(before, toggled);
      setLayout({ saved, history }, next);
      did({ thing: `column ${toggled}`, before: isShown(before, toggled), after: isShown(next, toggled) });
      return;
    }
    if (!id || !to || id === to) return;
    setLayout({ saved, history }, moveColumn(before, id, to));
    const by = before.order.indexOf(to) - before.order.indexOf(id);
    // One that is put behind another one stays there. Of two neighbours that change places, either may be what was moved.
    if (by > 1) did({ thing: `place columns ${id}`, after: `right ${to}` });
    else did({ thing: `place columns ${id}` }, { thing: `place columns ${to}` });
  };

  const changeSetting = (chance: () => number) => {
    const name = pick(Object.keys(settingChoices) as SettingName[], chance());
    const value = name && pick(settingChoices[name] as readonly string[], chance());
    const before = name && settings.value.value[name];
    if (name === undefined || value === undefined || before === undefined || before === value) return;
    void settings.update((now) => ({ ...now, [name]: value }));
    did({ thing: `setting ${name}`, before, after: value });
  };

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
      did({ thing: `list ${id}`, before: "gone", after: "there" });
    } else if (what < 0.71) changeList(what, list, chance);
    else if (what < 0.84) changeColumns(chance);
    else if (what < 0.9) changeSetting(chance);
    else if (what < 0.96) {
      const act = done.pop();
      history.undo();
      if (!act) return;
      for (const { thing, before = "" } of act) {
        touches.add(at, thing, before);
        if (thing.startsWith("symbol ")) touches.add(at, thing.replace("symbol", "place"), "");
      }
      undone.push(act);
    } else {
      const act = undone.pop();
      history.redo();
      if (!act) return;
      redo(act);
      done.push(act);
    }
  };
}

/** What is wrong with what a window has in the end: a thing that one window alone has touched is as it left it. */
function lost({ records, saved, settings }: Opened, { all }: Touches): readonly string[] {
  const wrong: string[] = [];
  const byList = new Map<string, Set<number>>(); // which windows have touched it, or anything in it
  for (const [thing, touches] of all) {
    const id = thing.split(" ")[1] ?? "";
    byList.set(id, new Set([...(byList.get(id) ?? []), ...touches.map(({ by }) => by)]));
  }
  for (const [thing, touches] of all) {
    const [kind, id = "", one = ""] = thing.split(" ");
    const record = records.valueOf(`list/${id}`) as Partial<ListRecord> | undefined;
    const last = touches.at(-1);
    const removed = touches.some(({ now }) => now === "gone");
    const mine = touches.every(({ by }) => by === last?.by) && (kind !== "list" || byList.get(id)?.size === 1);
    let expected = mine ? last?.now : kind === "symbol" || kind === "list" ? (removed ? "" : "there") : "";
    let found: string | undefined;
    if (kind === "symbol") found = record?.symbols?.includes(one) ? "there" : "gone";
    else if (kind === "list") found = record && record.deleted === undefined ? "there" : "gone";
    else if (kind === "name") found = record?.name;
    else if (kind === "setting") found = settings.value.value[id as SettingName];
    else if (kind === "column") found = saved.layout.value.hidden.some((hidden) => hidden === id) ? "hidden" : "shown";
    else if (kind === "place" && last) {
      const [, other = ""] = last.now.split(" ");
      const order: readonly string[] = id === "columns" ? saved.layout.value.order : (record?.symbols ?? []);
      const [here, there] = [order.indexOf(one), order.indexOf(other)];
      found = here > there ? `right ${other}` : `left ${other}`;
      // Nor has anything been done to the other one since, or by another window.
      const others = all.get(`place ${id} ${other}`) ?? [];
      const still = others.every(({ by, number }) => by === last.by && number < last.number);
      if (here < 0 || there < 0 || !still) expected = "";
    }
    if (expected && found !== expected) wrong.push(`${thing} is ${found}: ${JSON.stringify(touches)}`);
  }
  if (saved.lists.value.length === 0 && all.size === 0) wrong.push("nothing was done");
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
        let time = 0;
        const setting = { windows, locked, chance, now: () => time };
        const touches = createTouches();
        const opened = [0, 1].map((at) => openWindow(setting, at));
        const readers = opened.map((window, at) => createReader(at, window, touches));
        const left = [changes, changes];
        const killed = chance() < 0.5 ? 0 : 1;
        const after = Math.floor(chance() * changes);
        const leaves = chance() < 0.5;
        let dead = false;
        let written = 0; // the last change of the window that is killed which is in the storage
        let settled = 0;
        while (left.some((count) => count > 0)) {
          const at = chance() < 0.5 ? 0 : 1;
          if ((left[at] ?? 0) > 0) {
            if (!windows.waits(killed)) written = touches.last;
            readers[at]?.(chance);
            left[at] = (left[at] ?? 0) - 1;
            time += turn;
          }
          for (let i = Math.floor(chance() * 4); i > 0; i--) windows.step(Math.floor(chance() * 1000));
          if (chance() < 0.3) await Promise.resolve();
          if (!dead && left[killed] === after) {
            dead = true;
            left[killed] = 0;
            if (leaves) opened[killed]?.records.flush(); // as the page does when it is left
            // A window whose write another process has not seen yet can be overwritten by it, and cannot say so any more.
            if (late) await settle(windows);
            if (leaves || !windows.waits(killed)) written = touches.last;
            if (!leaves && locked) for (let i = 0; i < 3; i++) readers[killed]?.(chance); // who waits for the lock
            windows.kill(killed);
            touches.forget(killed, written); // only what was in the storage is done
          }
          if (time - settled > latest) {
            await settle(windows);
            settled = time;
          }
        }
        await settle(windows);
        const [one, other] = [opened[1 - killed], openWindow(setting, 1 - killed)];
        if (!one) throw new Error("no window is left");
        expect(everything(other)).toEqual(everything(one));
        expect(lost(one, touches)).toEqual([]);
      }),
      { numRuns: runs },
    );
  });
});

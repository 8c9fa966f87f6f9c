import type { Notes } from "./notes.ts";

/** Something that the reader has changed. Doing and undoing it both apply to what is there then. */
export interface Change {
  /** What was done, as in "AAPL removed". */
  readonly text: string;
  do(): void;
  undo(): void;
  /** Changes of one group that follow each other within a second are one, as the steps of a width. */
  readonly group?: string;
}

/** How many changes can be undone. */
export const deepest = 50;
const groupedWithin = 1000; // ms

/** Two changes that are undone and done again as one. */
const together = (first: Change, second: Change): Change => ({
  ...second,
  do() {
    first.do();
    second.do();
  },
  undo() {
    second.undo();
    first.undo();
  },
});

interface Entry {
  change: Change;
  at: number;
}

/** Where notes go, and the time in ms. */
export interface HistoryOptions {
  readonly notes: Notes;
  readonly now?: () => number;
}

/** What the reader has changed in this window, to be undone and done again. It ends with the visit. */
export function createHistory({ notes, now = Date.now }: HistoryOptions) {
  const done: Entry[] = [];
  const undone: Entry[] = [];

  const undo = (entry: Entry | undefined) => {
    if (!entry || !done.includes(entry)) return notes.say("There is nothing to undo.");
    done.splice(done.indexOf(entry), 1);
    entry.change.undo();
    undone.push(entry);
    notes.say(`Undone: ${entry.change.text}.`);
  };

  return {
    /** Does it. A note, if any, says so, and offers to undo this change, whatever has followed it. */
    run(change: Change, note?: string): void {
      change.do();
      undone.length = 0;
      const last = done.at(-1);
      const at = now();
      let entry: Entry = { change, at };
      if (last && change.group !== undefined && last.change.group === change.group && at - last.at < groupedWithin) {
        last.change = together(last.change, change);
        last.at = at;
        entry = last;
      } else {
        done.push(entry);
        if (done.length > deepest) done.shift();
      }
      if (note !== undefined) notes.say(note, () => undo(entry));
    },

    /** Undoes the last change that is not undone, and says so in a note. */
    undo: (): void => undo(done.at(-1)),

    /** Does again what was undone last. */
    redo(): void {
      const entry = undone.pop();
      if (!entry) {
        notes.say("There is nothing to redo.");
        return;
      }
      entry.change.do();
      done.push(entry);
      notes.say(`Redone: ${entry.change.text}.`);
    },
  };
}

/** What the reader has changed. */
export type History = ReturnType<typeof createHistory>;

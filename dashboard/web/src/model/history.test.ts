import { expect, test } from "vitest";
import { createHistory, deepest } from "./history.ts";
import { createNotes } from "./notes.ts";

const setup = () => {
  let time = 0;
  const notes = createNotes();
  const history = createHistory({ notes, now: () => time });
  let letters: readonly string[] = [];
  const add = (letter: string, group?: string) => ({
    text: `${letter} added`,
    do: () => {
      letters = [...letters, letter];
    },
    undo: () => {
      letters = letters.filter((other) => other !== letter);
    },
    ...(group !== undefined && { group }),
  });
  return {
    notes,
    history,
    add,
    letters: () => letters.join(""),
    said: () => notes.current.value?.text,
    later: (ms: number) => {
      time += ms;
    },
  };
};

test("changes are undone from the last to the first, and done again, and a note says which", () => {
  const { history, add, letters, said } = setup();
  for (const letter of "abc") history.run(add(letter));
  history.undo();
  expect([letters(), said()]).toEqual(["ab", "Undone: c added."]);
  history.undo();
  history.redo();
  expect([letters(), said()]).toEqual(["ab", "Redone: b added."]);
  history.run(add("d"));
  history.redo(); // what was undone before another change is gone
  expect([letters(), said()]).toEqual(["abd", "There is nothing to redo."]);
});

test("fifty changes can be undone", () => {
  const { history, add, letters, said } = setup();
  const all = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  for (const letter of all) history.run(add(letter));
  for (let i = 0; i < deepest; i++) history.undo();
  expect(letters()).toBe("ab");
  history.undo();
  expect([letters(), said()]).toEqual(["ab", "There is nothing to undo."]);
  for (let i = 0; i < deepest; i++) history.redo();
  expect(letters()).toBe(all.join(""));
});

test("a note undoes its own change, whatever has followed it, and not twice", () => {
  const { history, notes, add, letters, said } = setup();
  history.run(add("a"), "a added.");
  const undo = notes.current.value?.undo;
  history.run(add("b"));
  undo?.();
  expect([letters(), said()]).toEqual(["b", "Undone: a added."]);
  undo?.();
  expect(letters()).toBe("b");
});

test("changes of a group within a second are one", () => {
  const { history, add, letters, later } = setup();
  history.run(add("a", "widths"));
  later(900);
  history.run(add("b", "widths"));
  later(900);
  history.run(add("c", "widths"));
  later(1100);
  history.run(add("d", "widths"));
  history.undo();
  expect(letters()).toBe("abc");
  history.undo();
  expect(letters()).toBe("");
  history.redo();
  expect(letters()).toBe("abc");
});

import { batch, type ReadonlySignal, signal } from "@preact/signals-core";

/** A message that is shown for some seconds: what has been done, and how to undo it. */
export interface Note {
  readonly text: string;
  readonly undo: (() => void) | null;
}

/** Has one note at a time. The view that shows it dismisses it after some seconds. */
export interface Notes {
  /** The note that is shown; null for none. */
  readonly current: ReadonlySignal<Note | null>;
  /** Shows a note in place of the one before. Its undo removes the note, too. */
  say(text: string, undo?: () => void): void;
  dismiss(): void;
}

/** Makes notes; none is shown yet. */
export function createNotes(): Notes {
  const current = signal<Note | null>(null);
  const dismiss = () => {
    current.value = null;
  };
  return {
    current,
    say(text, undo) {
      const undone = () =>
        batch(() => {
          dismiss();
          undo?.(); // which may say what was undone
        });
      current.value = { text, undo: undo ? undone : null };
    },
    dismiss,
  };
}

import { batch, type ReadonlySignal, signal } from "@preact/signals-core";

/** What the page tells the reader for some seconds: what has been done, and how to take it back. */
export interface Note {
  readonly text: string;
  readonly undo: (() => void) | null;
}

export interface Notes {
  /** Null while there is nothing to tell. */
  readonly current: ReadonlySignal<Note | null>;
  /** Takes the place of the note before. Its undo takes the note away, too. */
  say(text: string, undo?: () => void): void;
  dismiss(): void;
}

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
          undo?.();
          dismiss();
        });
      current.value = { text, undo: undo ? undone : null };
    },
    dismiss,
  };
}

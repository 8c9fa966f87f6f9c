import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { unknownNames } from "../../model/edits.ts";
import { readName } from "../../model/lists.ts";
import { parseList } from "../../model/listtext.ts";
import type { DialogProps } from "../services.ts";
import { Dialog } from "./dialog.tsx";

/** What is known of the symbols in the text. */
type Outcome =
  | { readonly kind: "none" | "failed" }
  | { readonly kind: "found"; readonly symbols: readonly string[]; readonly unknown: readonly string[] };

const typingPause = 300; // ms without typing

/** Makes a list of a text or a file, once the server has said which of its symbols exist. */
export function ImportDialog({ services: { workspace, format }, close }: DialogProps) {
  const text = useSignal("");
  const name = useSignal("Imported");
  const outcome = useSignal<Outcome>({ kind: "none" });
  const { symbols, invalid } = parseList(text.value);
  const named = readName(name.value);
  const key = symbols.join();

  useEffect(() => {
    outcome.value = { kind: "none" };
    if (symbols.length === 0) return;
    let superseded = false;
    const timer = setTimeout(async () => {
      try {
        const found = await workspace.lookUp(symbols);
        if (!superseded) outcome.value = { kind: "found", ...found };
      } catch {
        if (!superseded) outcome.value = { kind: "failed" };
      }
    }, typingPause);
    return () => {
      superseded = true;
      clearTimeout(timer);
    };
  }, [key, workspace, outcome]);

  const readFile = async (file: File | undefined) => {
    if (!file) return;
    text.value = await file.text();
    name.value = readName(file.name.replace(/\.[a-z0-9]+$/i, "")) ?? name.value;
  };
  const found = outcome.value.kind === "found" ? outcome.value : null;
  const unknown = [...(found?.unknown ?? []), ...invalid];
  return (
    <Dialog title="Import a list" close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!found || found.symbols.length === 0 || named === null) return;
          workspace.import(named, found.symbols, unknown);
          close();
        }}
      >
        <label>
          Symbols, one to a line or separated by commas or spaces
          <textarea
            rows={8}
            spellcheck={false}
            value={text.value}
            onInput={(event) => {
              text.value = event.currentTarget.value;
            }}
            onDragOver={(event) => event.preventDefault()}
            onDrop={(event) => {
              event.preventDefault();
              void readFile(event.dataTransfer?.files[0]);
            }}
          />
        </label>
        <label class="file">
          <span>or a text file</span>
          <input
            type="file"
            accept=".txt,.csv,text/plain,text/csv"
            onChange={(event) => void readFile(event.currentTarget.files?.[0])}
          />
        </label>
        <label>
          Name
          <input
            type="text"
            maxLength={40}
            value={name.value}
            onInput={(event) => {
              name.value = event.currentTarget.value;
            }}
          />
        </label>
        <p class="outcome" role="status">
          {outcome.value.kind === "failed"
            ? "The server does not answer, so the symbols cannot be checked."
            : found
              ? `${format.value.count(found.symbols.length)} found.${unknownNames(unknown)}`
              : ""}
        </p>
        <div class="actions">
          <button type="submit" class="primary" disabled={!found || found.symbols.length === 0 || named === null}>
            Import
          </button>
        </div>
      </form>
    </Dialog>
  );
}

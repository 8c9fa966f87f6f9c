import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { formatAddress } from "../../model/address.ts";
import { readName } from "../../model/lists.ts";
import { formatList, parseList } from "../../model/listtext.ts";
import type { Services } from "../services.ts";
import { Dialog } from "./dialog.tsx";

interface Props {
  readonly services: Services;
  readonly close: () => void;
}

/** Copies text; where the browser does not let us, it is selected for the reader to copy. */
async function copy(field: HTMLInputElement | HTMLTextAreaElement | null, done: (text: string) => void): Promise<void> {
  if (!field) return;
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    done("Copied.");
  } catch {
    done("Selected: copy it with the keyboard.");
  }
}

/** Asks for a name: of a new list, or another one of the list that is shown. */
export function NameDialog({ services: { workspace }, close, rename }: Props & { readonly rename: boolean }) {
  const before = rename ? workspace.title.value : "";
  const text = useSignal(before);
  const name = readName(text.value);
  return (
    <Dialog title={rename ? "Rename the list" : "New list"} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name === null) return;
          if (rename) workspace.rename(before, name);
          else workspace.create(name, []);
          close();
        }}
      >
        <label>
          Name
          <input
            type="text"
            autofocus
            maxLength={40}
            value={text.value}
            onInput={(event) => {
              text.value = event.currentTarget.value;
            }}
          />
        </label>
        <div class="actions">
          <button type="submit" class="primary" disabled={name === null}>
            {rename ? "Rename" : "Create"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function ShareDialog({ services: { workspace }, close }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const said = useSignal("");
  const choice = workspace.choice.value;
  const url = formatAddress(document.baseURI, {
    symbols: choice?.kind === "all" ? ["*"] : (workspace.symbols.value ?? []),
    name: workspace.title.value || null,
    sort: workspace.sort.value,
  });
  return (
    <Dialog title="Share as a link" close={close}>
      <p class="quiet">Whoever opens it sees these symbols in this order, and keeps the own lists untouched.</p>
      <input
        ref={field}
        type="text"
        aria-label="Link"
        readOnly
        value={url}
        onFocus={(event) => event.currentTarget.select()}
      />
      <div class="actions">
        <span role="status">{said.value}</span>
        <button
          type="button"
          class="primary"
          onClick={() =>
            void copy(field.current, (text) => {
              said.value = text;
            })
          }
        >
          Copy the link
        </button>
      </div>
    </Dialog>
  );
}

export function ExportDialog({ services: { workspace }, close }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const said = useSignal("");
  const name = workspace.title.value || "list";
  const text = formatList({ name, symbols: workspace.symbols.value ?? [] });
  const download = () => {
    const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = `${name.replace(/[^\p{L}\p{N} ._-]+/gu, "_")}.txt`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  return (
    <Dialog title={`Export “${name}”`} close={close}>
      <textarea ref={field} aria-label="The list as text" readOnly rows={10} value={text} />
      <div class="actions">
        <span role="status">{said.value}</span>
        <button
          type="button"
          onClick={() =>
            void copy(field.current, (told) => {
              said.value = told;
            })
          }
        >
          Copy
        </button>
        <button type="button" class="primary" onClick={download}>
          Download
        </button>
      </div>
    </Dialog>
  );
}

type Look =
  | { readonly kind: "none" | "failed" }
  | { readonly kind: "found"; readonly symbols: readonly string[]; readonly unknown: readonly string[] };

const lookAfter = 300; // ms without typing

export function ImportDialog({ services: { workspace }, close }: Props) {
  const text = useSignal("");
  const name = useSignal("Imported");
  const look = useSignal<Look>({ kind: "none" });
  const { symbols, strange } = parseList(text.value);
  const named = readName(name.value);
  const key = symbols.join();

  useEffect(() => {
    look.value = { kind: "none" };
    if (symbols.length === 0) return;
    let stale = false;
    const timer = setTimeout(async () => {
      try {
        const found = await workspace.lookUp(symbols);
        if (!stale) look.value = { kind: "found", ...found };
      } catch {
        if (!stale) look.value = { kind: "failed" };
      }
    }, lookAfter);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [key, workspace, look]);

  const take = async (file: File | undefined) => {
    if (!file) return;
    text.value = await file.text();
    name.value = readName(file.name.replace(/\.[a-z0-9]+$/i, "")) ?? name.value;
  };
  const found = look.value.kind === "found" ? look.value : null;
  const unknown = [...(found?.unknown ?? []), ...strange];
  return (
    <Dialog title="Import a list" close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!found || found.symbols.length === 0 || named === null) return;
          workspace.import(named, found.symbols);
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
              void take(event.dataTransfer?.files[0]);
            }}
          />
        </label>
        <label class="file">
          <span>or a text file</span>
          <input
            type="file"
            accept=".txt,.csv,text/plain,text/csv"
            onChange={(event) => void take(event.currentTarget.files?.[0])}
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
          {look.value.kind === "failed"
            ? "The server does not answer, so nobody knows these symbols."
            : found
              ? `${found.symbols.length} found.${unknown.length > 0 ? ` Not known here: ${unknown.slice(0, 12).join(", ")}${unknown.length > 12 ? " …" : ""}.` : ""}`
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

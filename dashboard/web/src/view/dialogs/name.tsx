import { useSignal } from "@preact/signals";
import { readName } from "../../model/lists.ts";
import type { DialogProps } from "../services.ts";
import { Dialog } from "./dialog.tsx";

/** Asks for a name: of a new list, or another one of the list that is shown. */
export function NameDialog({ services: { workspace }, close, rename }: DialogProps & { readonly rename: boolean }) {
  const choice = workspace.choice.value;
  const before = rename ? workspace.title.value : "";
  const text = useSignal(before);
  const name = readName(text.value);
  return (
    <Dialog title={rename ? "Rename the list" : "New list"} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name === null) return;
          if (!rename) workspace.create(name, []);
          else if (choice?.kind === "own") workspace.rename(choice.id, name);
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

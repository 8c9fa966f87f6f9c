import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { formatAddress } from "../../model/sharing.ts";
import type { DialogProps } from "../services.ts";
import { copy } from "./copy.ts";
import { Dialog } from "./dialog.tsx";

/** A link to the list that is shown, in its order. */
export function ShareDialog({ services: { workspace }, close }: DialogProps) {
  const field = useRef<HTMLInputElement>(null);
  const outcome = useSignal("");
  const choice = workspace.choice.value;
  const url = formatAddress(document.baseURI, {
    symbols: choice?.kind === "all" ? ["*"] : (workspace.symbols.value ?? []),
    name: workspace.title.value || null,
    sort: workspace.sort.value,
  });
  return (
    <Dialog title="Share as a link" close={close}>
      <p class="quiet">Whoever opens the link sees these symbols in this order. Their own lists stay as they are.</p>
      <input
        ref={field}
        type="text"
        aria-label="Link"
        readOnly
        value={url}
        onFocus={(event) => event.currentTarget.select()}
      />
      <div class="actions">
        <span role="status">{outcome.value}</span>
        <button
          type="button"
          class="primary"
          onClick={() =>
            void copy(field.current, (text) => {
              outcome.value = text;
            })
          }
        >
          Copy the link
        </button>
      </div>
    </Dialog>
  );
}

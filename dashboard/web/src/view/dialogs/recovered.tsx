import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { discardAside } from "../../model/aside.ts";
import type { DialogProps } from "../services.ts";
import { copy } from "./copy.ts";
import { Dialog } from "./dialog.tsx";
import { download } from "./download.ts";

/** The saved texts that could not be read, to copy, to keep as a file, or to discard. */
export function RecoveredDialog({ services: { records }, close }: DialogProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const outcome = useSignal("");
  const aside = records.aside.value;
  const text = Object.entries(aside?.texts ?? {})
    .map(([key, one]) => `# ${key}\n${one}\n`)
    .join("\n");
  const discard = () => {
    if (aside) void records.change("aside", (now) => discardAside(now, aside));
    close();
  };
  return (
    <Dialog title="Some saved data could not be read" close={close}>
      <p class="quiet">
        What could be read is in place. This is the rest, as it was saved. It may have symbols that you want back: copy
        them, and import them as a list.
      </p>
      <textarea ref={field} aria-label="The saved text" readOnly rows={10} value={text} />
      <div class="actions">
        <span role="status">{outcome.value}</span>
        <button type="button" onClick={discard}>
          Discard
        </button>
        <button
          type="button"
          onClick={() =>
            void copy(field.current, (result) => {
              outcome.value = result;
            })
          }
        >
          Copy
        </button>
        <button type="button" class="primary" onClick={() => download("tickertape-saved.txt", text)}>
          Download
        </button>
      </div>
    </Dialog>
  );
}

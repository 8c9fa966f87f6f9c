import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { formatList } from "../../model/sharing.ts";
import type { DialogProps } from "../services.ts";
import { copy } from "./copy.ts";
import { Dialog } from "./dialog.tsx";
import { download } from "./download.ts";

/** The list that is shown as text, to copy or to keep as a file. */
export function ExportDialog({ services: { workspace }, close }: DialogProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const outcome = useSignal("");
  const name = workspace.title.value || "list";
  const text = formatList({ name, symbols: workspace.symbols.value ?? [] });
  const file = `${name.replace(/[^\p{L}\p{N} ._-]+/gu, "_")}.txt`;
  return (
    <Dialog title={`Export “${name}”`} close={close}>
      <textarea ref={field} aria-label="The list as text" readOnly rows={10} value={text} />
      <div class="actions">
        <span role="status">{outcome.value}</span>
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
        <button type="button" class="primary" onClick={() => download(file, text)}>
          Download
        </button>
      </div>
    </Dialog>
  );
}

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { MoveIcon } from "../icons.tsx";
import { type MenuItem, Popup } from "../menus/popup.tsx";
import type { Services } from "../services.ts";

interface Props {
  readonly services: Services;
  readonly symbol: string;
}

/** Moves the symbol's row in its list. Alt and an arrow do so in the table; fingers have only this. */
export function Move({ services: { workspace }, symbol }: Props) {
  const open = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  const order = workspace.matching.value;
  const at = order.indexOf(symbol);
  if (at < 0) return null;

  const item = (label: string, place: number): MenuItem => {
    const other = order[place];
    return {
      kind: "action",
      label,
      disabled: other === undefined || other === symbol || workspace.sort.value !== null,
      run: () => other !== undefined && workspace.move(symbol, other),
    };
  };
  const close = (refocus: boolean) => {
    open.value = false;
    if (refocus) button.current?.focus();
  };
  return (
    <div class="menu">
      <button
        ref={button}
        type="button"
        class="quiet"
        aria-label="Move in the list"
        title="Move in the list"
        aria-haspopup="menu"
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        <MoveIcon />
      </button>
      {open.value && (
        <Popup
          label="Move in the list"
          items={[
            ...(workspace.sort.value
              ? [{ kind: "action", label: "Back to the list’s order", run: workspace.unsort } as const]
              : []),
            item("Move up", at - 1),
            item("Move down", at + 1),
            item("Move to the top", 0),
            item("Move to the end", order.length - 1),
          ]}
          end
          close={close}
        />
      )}
    </div>
  );
}

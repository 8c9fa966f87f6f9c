import { useLayoutEffect, useRef } from "preact/hooks";
import { Backdrop } from "../backdrop.tsx";
import { CheckIcon } from "../icons.tsx";

/** What a menu has; a rule is a line between items. */
export type MenuItem =
  | { readonly kind: "heading"; readonly label: string }
  | { readonly kind: "rule" }
  | {
      readonly kind: "action" | "check" | "radio";
      readonly label: string;
      /** Text at its end. */
      readonly hint?: string | undefined;
      readonly checked?: boolean;
      readonly disabled?: boolean;
      readonly run: () => void;
    };

/** What is in a menu that is open, and how it is closed. */
export interface PopupProps {
  readonly label: string;
  readonly items: readonly MenuItem[];
  /** It ends where its button ends. */
  readonly end?: boolean;
  /** Items may arrive while it is open. At the bottom of a window, it is then as high as it may be, or they would move the others. */
  readonly grows?: boolean;
  readonly close: (refocus: boolean) => void;
}

/** A menu that is open. Arrows walk it, letters find an item, Escape closes it and gives the focus back. */
export function Popup({ label, items, end = false, grows = false, close }: PopupProps) {
  const root = useRef<HTMLDivElement>(null);
  const typed = useRef({ text: "", at: 0 });
  const options = () => [
    ...(root.current?.querySelectorAll<HTMLElement>("[role^=menuitem]:not([aria-disabled=true])") ?? []),
  ];

  useLayoutEffect(() => {
    const checked = root.current?.querySelector<HTMLElement>("[role=menuitemradio][aria-checked=true]");
    (checked ?? options()[0] ?? root.current)?.focus(); // or Escape would be heard by what is behind it
    const outside = (event: Event) => {
      const menu = root.current?.parentElement; // its button closes it, too
      if (event.target instanceof Node && !menu?.contains(event.target)) close(false);
    };
    document.addEventListener("pointerdown", outside, true);
    return () => document.removeEventListener("pointerdown", outside, true);
  }, []);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const all = options();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const go = (index: number) => all[(index + all.length) % all.length]?.focus();
    if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at < 0 ? -1 : at - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(-1);
    else if (event.key === "Escape") close(true);
    else if (event.key === "Tab") {
      close(true);
      return;
    } else if (/^[\p{L}\p{N}]$/u.test(event.key)) {
      const { text, at: when } = typed.current;
      typed.current = {
        text: (event.timeStamp - when < 700 ? text : "") + event.key.toLowerCase(),
        at: event.timeStamp,
      };
      const from = typed.current.text.length === 1 ? at + 1 : Math.max(0, at);
      const order = [...all.slice(from), ...all.slice(0, from)];
      order.find((one) => one.textContent?.trim().toLowerCase().startsWith(typed.current.text))?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <>
      <Backdrop close={() => close(true)} />
      <div
        class="popup"
        ref={root}
        data-end={end}
        data-grows={grows}
        role="menu"
        aria-label={label}
        tabIndex={-1}
        onKeyDown={onKeyDown}
      >
        {items.map((item, index, all) => {
          if (item.kind === "rule") return <hr key={`rule ${index}`} />;
          if (item.kind === "heading") {
            return (
              <div key={`heading ${item.label}`} class="heading" role="presentation">
                {item.label}
              </div>
            );
          }
          const { kind, label: text, hint, checked = false, disabled = false, run } = item;
          // The key does not hold the item's index: items can arrive before it while it has the focus.
          const same = all.slice(0, index).filter((one) => one.kind === kind && one.label === text).length;
          return (
            // biome-ignore lint/a11y/useAriaPropsSupportedByRole: each kind but the action has it
            <button
              key={`${kind} ${text} ${same}`}
              type="button"
              class="item"
              role={kind === "check" ? "menuitemcheckbox" : kind === "radio" ? "menuitemradio" : "menuitem"}
              aria-checked={kind === "action" ? undefined : checked}
              aria-disabled={disabled}
              tabIndex={-1}
              onClick={() => {
                if (disabled) return;
                if (kind !== "check") close(true);
                run();
              }}
            >
              {kind !== "action" && <span class="check">{checked && <CheckIcon />}</span>}
              <span class="text">{text}</span>
              {hint !== undefined && <span class="hint">{hint}</span>}
            </button>
          );
        })}
      </div>
    </>
  );
}

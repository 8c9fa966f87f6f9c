import type { Signal } from "@preact/signals";
import type { ComponentChildren, ComponentType } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useLater } from "./later.ts";
import type { OpenMenuProps, Services } from "./services.ts";

/** A menu and the button that opens it. */
export interface MenuProps {
  readonly services: Services;
  /** Which of view/menus/ it opens. */
  readonly name: "ListMenu" | "ColumnMenu";
  readonly title: string;
  readonly className?: string;
  readonly children: ComponentChildren;
  /** Whether it is open. */
  readonly open: Signal<boolean>;
}

/** A button with a menu, whose script is fetched by itself. */
export function Menu({ services, name, title, className = "tool", children, open }: MenuProps) {
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    // A key does not open it where it is not shown.
    if (open.value && root.current && getComputedStyle(root.current).display === "none") open.value = false;
  }, [open.value, open]);
  const close = (refocus: boolean) => {
    open.value = false;
    if (refocus) button.current?.focus();
  };
  const part = useLater<{ readonly [K in MenuProps["name"]]: ComponentType<OpenMenuProps> }>(
    () => import("./menus/menus.ts"),
    open.value,
    () => {
      close(true);
      services.notes.say("The menu could not be loaded. Open it again when the server answers.");
    },
  );
  const OpenMenu = part?.[name];
  return (
    <div class="menu" ref={root}>
      <button
        ref={button}
        type="button"
        class={className}
        title={title}
        aria-haspopup="menu"
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {children}
      </button>
      {open.value && OpenMenu && <OpenMenu services={services} close={close} />}
    </div>
  );
}

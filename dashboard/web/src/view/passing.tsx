import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface PassingButtonProps {
  readonly class?: string;
  /** Its name, where it has only an icon. */
  readonly label?: string;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

/** A button that goes away. If it has the focus then, that goes to the table, or to the detail where it covers the table. */
export function PassingButton({ label, ...props }: PassingButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const element = button.current;
    return () => {
      if (!element || document.activeElement !== element) return;
      const page = element.closest("main, footer")?.parentElement;
      const next =
        page?.querySelector<HTMLElement>(".detail[role=dialog]") ?? page?.querySelector<HTMLElement>(".grid");
      next?.focus({ preventScroll: true });
    };
  }, []);
  return <button ref={button} type="button" aria-label={label} title={label} {...props} />;
}

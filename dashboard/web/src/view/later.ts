import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/**
 * A part of the page that is fetched once the page is shown, since nobody needs it sooner; null until it is there. If it
 * cannot be fetched, it is asked for again whenever `wanted` changes.
 */
export function useLater<T extends object>(load: () => Promise<T>, wanted: unknown): T | null {
  const part = useSignal<T | null>(null);
  useEffect(() => {
    if (part.peek() !== null) return;
    load().then(
      (loaded) => {
        part.value = loaded;
      },
      () => {},
    );
  }, [wanted]);
  return part.value;
}

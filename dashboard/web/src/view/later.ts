import { effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";

const after = 1000; // ms: the first prices go first
const again = 10_000; // ms after which a part is fetched once more, if the server was away

/** A part of the page's script that is fetched by itself. */
export interface Later<T> {
  /** The part; null until it is there. */
  readonly part: ReadonlySignal<T | null>;
  /** Fetches it now, if it is not there. Returns it, or null if it cannot be had; it can be tried again. */
  load(): Promise<T | null>;
  close(): void;
}

/** Fetches a part of the page's script soon after the start, so that it is there when it is needed. */
export function fetchLater<T>(fetch: () => Promise<T>): Later<T> {
  const part = signal<T | null>(null);
  let closed = false;
  const load = async () => {
    try {
      part.value ??= await fetch();
    } catch {
      clearTimeout(timer);
      if (!closed) timer = setTimeout(load, again);
    }
    return part.value;
  };
  let timer = setTimeout(load, after);
  const close = () => {
    closed = true;
    clearTimeout(timer);
  };
  return { part, load, close };
}

/** Calls `begin` with a part once it has been fetched. Returns the function that ends what has begun. */
export function beginLater<T>(fetch: () => Promise<T>, begin: (part: T) => () => void): () => void {
  const { part, close } = fetchLater(fetch);
  const end = effect(() => {
    const there = part.value;
    return there === null ? undefined : untracked(() => begin(there));
  });
  return () => {
    end();
    close();
  };
}

/**
 * Fetches a part soon after the component is mounted, or as soon as it is `wanted`; null until it is there. `failed` is called if
 * it is wanted and cannot be had.
 */
export function useLater<T>(fetch: () => Promise<T>, wanted: boolean, failed: () => void): T | null {
  const later = useMemo(() => fetchLater(fetch), []);
  useEffect(() => later.close, [later]);
  const now = useRef({ wanted, failed });
  now.current = { wanted, failed };
  useEffect(() => {
    if (!wanted) return;
    void later.load().then((part) => {
      if (!part && now.current.wanted) now.current.failed();
    });
  }, [wanted, later]);
  return later.part.value;
}

import { type ReadonlySignal, signal } from "@preact/signals";
import { readFragment } from "../address.ts";

/** The symbol in the address after the #: Back closes what it has opened. */
export function createFragment(): {
  readonly symbol: ReadonlySignal<string | null>;
  open(symbol: string): void;
  close(): void;
} {
  const symbol = signal(readFragment(location.hash));
  let pushed = false;
  const plain = () => location.pathname + location.search;
  addEventListener("popstate", () => {
    pushed = false;
    symbol.value = readFragment(location.hash);
  });
  return {
    symbol,
    open(next) {
      if (next === symbol.value) return;
      const url = `${plain()}#${encodeURIComponent(next)}`;
      // One entry for the panel, whatever it shows: Back closes it.
      if (symbol.value === null) {
        history.pushState(null, "", url);
        pushed = true;
      } else history.replaceState(null, "", url);
      symbol.value = next;
    },
    close() {
      if (symbol.value === null) return;
      if (pushed) {
        history.back();
        pushed = false;
      } else history.replaceState(null, "", plain());
      symbol.value = null;
    },
  };
}

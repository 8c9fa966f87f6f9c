import { type ReadonlySignal, signal } from "@preact/signals";
import { parseList } from "../model/listtext.ts";

/** The symbol whose detail a fragment names: "#BRK.B"; null for none. */
export function readFragment(hash: string): string | null {
  try {
    const { symbols } = parseList(decodeURIComponent(hash.replace(/^#/, "")));
    return symbols.length === 1 ? (symbols[0] ?? null) : null;
  } catch {
    return null;
  }
}

/** The symbol in the address after the #: Back closes what it has opened. */
export function createFragment(): {
  readonly symbol: ReadonlySignal<string | null>;
  open(symbol: string): void;
  close(): void;
} {
  const symbol = signal(readFragment(location.hash));
  let pushed = false;
  let leaving = false; // history.back() is under way, and would undo what is pushed before it is done
  const plain = () => location.pathname + location.search;
  const url = (of: string) => `${plain()}#${encodeURIComponent(of)}`;
  const push = (next: string) => {
    history.pushState(null, "", url(next));
    pushed = true;
  };
  addEventListener("popstate", () => {
    pushed = false;
    if (!leaving) symbol.value = readFragment(location.hash);
    else if (symbol.value !== null) push(symbol.value);
    leaving = false;
  });
  return {
    symbol,
    open(next) {
      if (next === symbol.value) return;
      // One entry for the panel, whatever it shows: Back closes it.
      if (!leaving) {
        if (symbol.value === null) push(next);
        else history.replaceState(null, "", url(next));
      }
      symbol.value = next;
    },
    close() {
      if (symbol.value === null) return;
      symbol.value = null;
      if (leaving) return;
      leaving = pushed;
      pushed = false;
      if (leaving) history.back();
      else history.replaceState(null, "", plain());
    },
  };
}

import { batch, signal } from "@preact/signals";
import { isSymbol } from "../model/listtext.ts";
import type { DetailPlace } from "../view/services.ts";

// ms: as long as the reader goes on to the next symbol within them, nothing is fetched, and the address stays as it is.
// Browsers refuse to change it more than 100 times in 30 seconds.
const settlesAfter = 150;

/** The symbol whose detail a fragment names: "#BRK.B"; null for none. */
export function readFragment(hash: string): string | null {
  try {
    const name = decodeURIComponent(hash.slice(1));
    return isSymbol(name) ? name : null;
  } catch {
    return null;
  }
}

/** The symbol in the address after the #: Back closes what it has opened. */
export function createFragment(): DetailPlace {
  const symbol = signal(readFragment(location.hash));
  const settled = signal(symbol.peek());
  let settling: ReturnType<typeof setTimeout> | undefined;
  let pushed = false;
  let leaving = false; // history.back() is under way, and would undo what is pushed before it is done
  const plain = () => location.pathname + location.search;
  const url = (of: string) => `${plain()}#${encodeURIComponent(of)}`;
  const push = (next: string) => {
    history.pushState(null, "", url(next));
    pushed = true;
  };
  const settle = () => {
    clearTimeout(settling);
    settled.value = symbol.value;
  };
  /** Settles, and writes the symbol into the address. */
  const settleInAddress = () => {
    settle();
    if (symbol.value !== null && !leaving) history.replaceState(null, "", url(symbol.value));
  };
  addEventListener("popstate", () => {
    pushed = false;
    batch(() => {
      if (!leaving) symbol.value = readFragment(location.hash);
      else if (symbol.value !== null) push(symbol.value);
      leaving = false;
      settle();
    });
  });
  return {
    symbol,
    settled,
    open(next) {
      if (next === symbol.value) return;
      // One entry for the panel, whatever it shows: Back closes it.
      if (symbol.value === null && !leaving) push(next);
      batch(() => {
        symbol.value = next;
        settleInAddress();
      });
    },
    pass(next) {
      if (symbol.value === null || next === symbol.value) return;
      symbol.value = next;
      clearTimeout(settling);
      settling = setTimeout(settleInAddress, settlesAfter);
    },
    close() {
      if (symbol.value === null) return;
      batch(() => {
        symbol.value = null;
        settle();
      });
      if (leaving) return;
      leaving = pushed;
      pushed = false;
      if (leaving) history.back();
      else history.replaceState(null, "", plain());
    },
  };
}

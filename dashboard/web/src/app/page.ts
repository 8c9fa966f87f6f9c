import { effect } from "@preact/signals-core";
import { followAppearance } from "../view/appearance.ts";
import { followPrinting } from "../view/print/print.ts";
import type { Services, View } from "../view/services.ts";
import { mountShell } from "../view/shell.tsx";
import { followAddress } from "./address.ts";
import { keepKeys } from "./ahead.ts";
import { followKeys } from "./keys.ts";

/** Names the document after the open symbol, and says in front of it when prices are not live. */
const followTitle = ({ market, detail }: Services) =>
  effect(() => {
    const { live, badge } = market.liveness.value;
    const symbol = detail.symbol.value;
    const name = symbol === null ? "tickertape" : `${symbol} · tickertape`;
    document.title = live ? name : `${badge} · ${name}`;
  });

/** Puts the page into the element, and has it follow the settings, the keyboard and the printer until it is closed. */
export function mountPage(host: HTMLElement, services: Services): View {
  const shell = mountShell(host, services);
  const stops = [
    followTitle(services),
    followAppearance(services.settings.value),
    followPrinting(services),
    followAddress(services),
    keepKeys(services),
    followKeys(services, shell),
  ];
  return {
    close() {
      for (const stop of stops) stop();
      shell.close();
    },
  };
}

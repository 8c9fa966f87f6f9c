import { computed, effect } from "@preact/signals-core";
import { createClient, type TransportName } from "tickertape-client";
import { createFormat } from "../format.ts";
import { readAddress } from "../model/address.ts";
import { createApi } from "../model/api.ts";
import { createMarket } from "../model/market.ts";
import { createMeter } from "../model/meter.ts";
import { createNotes } from "../model/notes.ts";
import { createSavedWorkspace } from "../model/savedworkspace.ts";
import { createSettings, rateOf } from "../model/settings.ts";
import { createSparks, sparkPoints } from "../model/spark.ts";
import { createWorkspace } from "../model/workspace.ts";
import { createShellState, type Services } from "../view/services.ts";
import { createShown } from "../view/shown.ts";
import { createFragment } from "./fragment.ts";

const transports: Readonly<Record<string, TransportName>> = {
  websocket: "websocket",
  ws: "websocket",
  sse: "sse",
  poll: "poll",
};

/** Makes what views use, from the page's address and the browser's storage. It does not connect yet. */
export function createServices(): Services {
  const transport = transports[new URLSearchParams(location.search).get("transport") ?? ""];
  const settings = createSettings(() => localStorage);
  const rate = rateOf(settings.value.peek());
  const client = createClient({
    url: document.baseURI,
    ...(transport && { transport }),
    ...(rate !== null && { rate }),
  });
  const api = createApi({ fetch: (url, init) => fetch(new URL(url, document.baseURI), init) });
  const market = createMarket({ client, api, meter: createMeter() });
  const notes = createNotes();
  const workspace = createWorkspace({
    market,
    api,
    saved: createSavedWorkspace(() => localStorage),
    address: readAddress(location.search),
    notes,
  });
  const sparks = createSparks({
    fetch: (symbols) => api.closes(symbols, "5m", sparkPoints),
    kept: () => market.kept.peek()?.includes("5m") !== false,
  });
  const format = computed(() => {
    const { locale, times } = settings.value.value;
    return createFormat({ locale: locale === "auto" ? undefined : locale, times });
  });

  effect(() => client.setRate(rateOf(settings.value.value)));
  const connected = computed(() => market.state.value.phase === "open");
  effect(() => {
    if (connected.value) sparks.retry();
  });
  let epoch = "";
  client.on("hello", (hello) => {
    if (epoch !== "" && hello.epoch !== epoch) sparks.forget();
    ({ epoch } = hello);
  });

  return {
    id: "tickertape",
    client,
    market,
    shown: createShown({ market }),
    workspace,
    notes,
    api,
    settings,
    format,
    sparks,
    shell: createShellState(),
    detail: createFragment(),
  };
}

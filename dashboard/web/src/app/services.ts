import { computed, effect } from "@preact/signals-core";
import { createClient, type TransportName } from "tickertape-client";
import { createFormat } from "../format.ts";
import { readAddress } from "../model/address.ts";
import { createApi } from "../model/api.ts";
import { createHistory } from "../model/history.ts";
import { createMarket } from "../model/market.ts";
import { createMeter } from "../model/meter.ts";
import { createNotes } from "../model/notes.ts";
import { createSavedWorkspace } from "../model/savedworkspace.ts";
import { createSettings, rateOf } from "../model/settings.ts";
import { createSparks, sparkPoints } from "../model/spark.ts";
import { createWorkspace, type Workspace } from "../model/workspace.ts";
import { createShellState, type DetailPlace, type Services } from "../view/services.ts";
import { createShown } from "../view/shown.ts";
import { createFragment } from "./fragment.ts";
import { openRecords } from "./records.ts";
import { serverPath } from "./server.ts";

const transports: Readonly<Record<string, TransportName>> = {
  websocket: "websocket",
  ws: "websocket",
  sse: "sse",
  poll: "poll",
};

const unkept =
  "This browser does not keep what you change: its storage is full or forbidden, or a newer version of the page uses it.";

/** Opens the symbol that the fragment names as the server spells it: people type lower case. */
async function spellFragment({ lookUp }: Workspace, { symbol, open }: DetailPlace): Promise<void> {
  const typed = symbol.peek();
  if (typed === null || typed === typed.toUpperCase()) return;
  const found = await lookUp([typed]).catch(() => null);
  const spelled = found?.symbols[0];
  if (spelled !== undefined && symbol.peek() === typed) open(spelled);
}

/** Makes what views use, from the page's address and the browser's storage. It does not connect yet. */
export function createServices(): Services {
  const transport = transports[new URLSearchParams(location.search).get("transport") ?? ""];
  const notes = createNotes();
  const history = createHistory({ notes });
  const records = openRecords();
  const settings = createSettings({ records, history });
  const rate = rateOf(settings.value.peek());
  const client = createClient({
    url: document.baseURI,
    ...(transport && { transport }),
    ...(rate !== null && { rate }),
  });
  const api = createApi({ fetch: (url, init) => fetch(new URL(url, document.baseURI), init) });
  const market = createMarket({ client, api, meter: createMeter() });
  const workspace = createWorkspace({
    market,
    api,
    saved: createSavedWorkspace({ records, window: () => sessionStorage, server: serverPath() }),
    address: readAddress(location.search),
    history,
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

  effect(() => {
    if (records.failed.value) queueMicrotask(() => notes.say(unkept)); // after the note on what was changed
  });
  const shell = createShellState();
  if (Object.keys(records.aside.peek()?.texts ?? {}).length > 0) shell.dialog.value = "recovered";
  const detail = createFragment();
  void spellFragment(workspace, detail);

  return {
    id: "tickertape",
    client,
    market,
    shown: createShown({ market }),
    workspace,
    notes,
    history,
    records,
    api,
    settings,
    format,
    sparks,
    shell,
    detail,
  };
}

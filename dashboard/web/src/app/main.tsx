import { computed, effect, signal } from "@preact/signals";
import { render } from "preact";
import { createClient, type TransportName } from "tickertape-client";
import { createFormat } from "../format.ts";
import { readAddress } from "../model/address.ts";
import { createApi } from "../model/api.ts";
import { createArrangementStore } from "../model/arrangement.ts";
import { createMarket } from "../model/market.ts";
import { createMeter } from "../model/meter.ts";
import { createNotes } from "../model/notes.ts";
import { createSettings, rateOf } from "../model/settings.ts";
import { createSparks, sparkPoints } from "../model/spark.ts";
import { createWorkspace } from "../model/workspace.ts";
import { followAppearance } from "../view/appearance.ts";
import type { Grid } from "../view/grid/grid.ts";
import { followPrinting } from "../view/print/print.ts";
import type { DialogName, Services } from "../view/services.ts";
import { App } from "../view/shell.tsx";
import { createFragment } from "./fragment.ts";

const parameters = new URLSearchParams(location.search);
const transports: Readonly<Record<string, TransportName>> = {
  websocket: "websocket",
  ws: "websocket",
  sse: "sse",
  poll: "poll",
};
const transport = transports[parameters.get("transport") ?? ""];

const settings = createSettings(() => localStorage);
const rate = rateOf(settings.value.peek());
const client = createClient({
  url: document.baseURI,
  ...(transport && { transport }),
  ...(rate !== null && { rate }),
});
const api = createApi({ fetch: (url, init) => fetch(new URL(url, document.baseURI), init) });

let grid: Grid | null = null;
const market = createMarket({ client, api, meter: createMeter(), changed: (symbol) => grid?.mark(symbol) });
const notes = createNotes();
const workspace = createWorkspace({
  market,
  api,
  arrangement: createArrangementStore(() => localStorage),
  address: readAddress(location.search),
  notes,
});
const sparks = createSparks({
  fetch: (symbols) => api.closes(symbols, "5m", sparkPoints),
  changed: () => {}, // the grid looks once a second
});
const fragment = createFragment();
const format = computed(() => {
  const { locale, times } = settings.value.value;
  return createFormat({ locale: locale === "auto" ? undefined : locale, times });
});
const services: Services = {
  client,
  market,
  workspace,
  notes,
  api,
  settings,
  format,
  sparks,
  dialog: signal<DialogName | null>(null),
  read: signal(""),
  detail: fragment.symbol,
  open: fragment.open,
  close: fragment.close,
};

const app = document.getElementById("app");
if (app) {
  const onGrid = (next: Grid | null) => {
    grid = next;
  };
  render(<App services={services} onGrid={onGrid} />, app);
}
followAppearance(settings.value, () => requestAnimationFrame(() => grid?.measure()));
followPrinting(services);
effect(() => client.setRate(rateOf(settings.value.value)));
// Another run of the server has other bars.
let epoch = "";
client.on("hello", (hello) => {
  if (epoch !== "" && hello.epoch !== epoch) sparks.forget();
  ({ epoch } = hello);
});

client.connect();
void workspace.start();

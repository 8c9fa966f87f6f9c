import { effect, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { followKeys } from "../app/keys.ts";
import { Detail } from "./detail/detail.tsx";
import { ExportDialog, ImportDialog, NameDialog, ShareDialog } from "./dialogs/lists.tsx";
import { AboutDialog, KeysDialog, SettingsDialog } from "./dialogs/sheets.tsx";
import { Footer } from "./footer.tsx";
import { createGrid, type Grid } from "./grid/grid.ts";
import { Header } from "./header.tsx";
import { Notice, Vacancy } from "./notice.tsx";
import type { Services } from "./services.ts";
import { Toolbar } from "./toolbar.tsx";

export interface AppProps {
  readonly services: Services;
  /** Receives the grid, and null when it is gone. */
  readonly onGrid: (grid: Grid | null) => void;
}

const rerank = 1000; // ms: rows that swap places faster cannot be read

const focusOn = (selector: string) => {
  const input = document.querySelector<HTMLInputElement>(selector);
  input?.focus();
  input?.select();
};

function Dialogs({ services }: { readonly services: Services }) {
  const close = () => {
    services.dialog.value = null;
  };
  switch (services.dialog.value) {
    case "settings":
      return <SettingsDialog services={services} close={close} />;
    case "keys":
      return <KeysDialog close={close} />;
    case "about":
      return <AboutDialog services={services} close={close} />;
    case "new":
      return <NameDialog services={services} close={close} rename={false} />;
    case "rename":
      return <NameDialog services={services} close={close} rename />;
    case "share":
      return <ShareDialog services={services} close={close} />;
    case "import":
      return <ImportDialog services={services} close={close} />;
    case "export":
      return <ExportDialog services={services} close={close} />;
    case null:
      return null;
  }
}

export function App({ services, onGrid }: AppProps) {
  const { market, workspace, settings, dialog, detail } = services;
  const host = useRef<HTMLDivElement>(null);
  const grid = useRef<Grid | null>(null);
  const lists = useSignal(false);
  const columns = useSignal(false);
  const held = useSignal(false);

  useEffect(() => {
    if (!host.current) return;
    const motion = matchMedia("(prefers-reduced-motion: reduce)");
    const made = createGrid({
      root: host.current,
      label: "Quotes",
      row: market.row,
      age: market.age,
      format: services.format.peek(),
      layout: workspace.layout.peek(),
      sparks: services.sparks,
      sort: workspace.sortBy,
      setLayout: workspace.setLayout,
      remove: workspace.remove,
      open: services.open,
      move: workspace.move,
      tints: () => !motion.matches && settings.value.peek().flash === "on",
    });
    grid.current = made;
    onGrid(made);
    const stops = [
      effect(() => {
        made.setSort(workspace.sort.value);
        if (workspace.symbols.value) made.setRows(workspace.ranked());
      }),
      effect(() => made.setLayout(workspace.layout.value)),
      effect(() => made.setFormat(services.format.value)),
    ];
    let shown: readonly string[] = [];
    const refreshing = setInterval(made.refresh, rerank / 4);
    const timer = setInterval(() => {
      if (!workspace.sort.peek() || !workspace.symbols.peek()) {
        held.value = false;
        return;
      }
      const ranked = workspace.ranked();
      held.value = made.held() && ranked.some((symbol, index) => symbol !== shown[index]);
      if (made.held()) return;
      shown = ranked;
      made.setRows(ranked);
    }, rerank);
    return () => {
      clearInterval(timer);
      clearInterval(refreshing);
      for (const stop of stops) stop();
      onGrid(null);
      made.close();
    };
  }, [services, market, workspace, settings, held, onGrid]);

  useEffect(
    () =>
      followKeys({
        // At once: what is typed next belongs there.
        search: () => focusOn(".search input"),
        filter: () => focusOn(".filter input"),
        pause: market.togglePause,
        lists: () => {
          lists.value = true;
        },
        columns: () => {
          columns.value = true;
        },
        step: workspace.step,
        settings: () => {
          dialog.value = "settings";
        },
        sheet: () => {
          dialog.value = "keys";
        },
        escape: () => {
          if (dialog.peek() !== null) return false; // the browser closes it
          if (workspace.filter.peek() !== "") {
            workspace.filter.value = "";
            return true;
          }
          if (detail.peek() === null) return false;
          services.close();
          return true;
        },
      }),
    [services, market, workspace, dialog, detail, lists, columns],
  );

  const { live, badge } = market.condition.value;
  const symbol = detail.value;
  useEffect(() => {
    const what = symbol === null ? "tickertape" : `${symbol} · tickertape`;
    document.title = live ? what : `${badge} · ${what}`;
  }, [live, badge, symbol]);

  // Counting seconds aloud would drown everything else.
  const spoken = badge.replace(/ in \d+ s$/, "");
  return (
    <>
      <Header services={services} />
      <main>
        <Toolbar services={services} lists={lists} columns={columns} held={held.value} />
        <Notice services={services} />
        <div class="panes">
          <div class="list">
            <div class="grid" ref={host} data-live={live} />
            <Vacancy services={services} />
          </div>
          {symbol !== null && <Detail key={symbol} services={services} symbol={symbol} />}
        </div>
      </main>
      <Footer services={services} />
      <Dialogs services={services} />
      <div class="visually-hidden" role="status">
        {spoken}
      </div>
    </>
  );
}

import { effect, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Detail } from "./detail/detail.tsx";
import { Footer } from "./footer.tsx";
import { createGrid, type Grid } from "./grid/grid.ts";
import { Header } from "./header.tsx";
import { followKeys } from "./keys.ts";
import { ExportDialog, ImportDialog, NameDialog, ShareDialog } from "./lists.tsx";
import { Notice, Vacancy } from "./notice.tsx";
import type { Scene } from "./scene.ts";
import { AboutDialog, KeysDialog, SettingsDialog } from "./sheets.tsx";
import { Toolbar } from "./toolbar.tsx";

export interface AppProps {
  readonly scene: Scene;
  /** Receives the grid, and null when it is gone. */
  readonly onGrid: (grid: Grid | null) => void;
}

const rerank = 1000; // ms: rows that swap places faster cannot be read

const focusOn = (selector: string) => {
  const input = document.querySelector<HTMLInputElement>(selector);
  input?.focus();
  input?.select();
};

function Dialogs({ scene }: { readonly scene: Scene }) {
  const close = () => {
    scene.dialog.value = null;
  };
  switch (scene.dialog.value) {
    case "settings":
      return <SettingsDialog scene={scene} close={close} />;
    case "keys":
      return <KeysDialog close={close} />;
    case "about":
      return <AboutDialog scene={scene} close={close} />;
    case "new":
      return <NameDialog scene={scene} close={close} rename={false} />;
    case "rename":
      return <NameDialog scene={scene} close={close} rename />;
    case "share":
      return <ShareDialog scene={scene} close={close} />;
    case "import":
      return <ImportDialog scene={scene} close={close} />;
    case "export":
      return <ExportDialog scene={scene} close={close} />;
    case null:
      return null;
  }
}

export function App({ scene, onGrid }: AppProps) {
  const { market, desk, settings, dialog, detail } = scene;
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
      age: ({ entry }) => (entry ? market.age(entry) : 0),
      format: scene.format.peek(),
      layout: desk.layout.peek(),
      sparks: scene.sparks,
      sort: desk.sortBy,
      setLayout: desk.setLayout,
      remove: desk.remove,
      open: scene.open,
      move: desk.move,
      tints: () => !motion.matches && settings.value.peek().flash === "on",
    });
    grid.current = made;
    onGrid(made);
    const stops = [
      effect(() => {
        made.setSort(desk.sort.value);
        if (desk.symbols.value) made.setRows(desk.ranked());
      }),
      effect(() => made.setLayout(desk.layout.value)),
      effect(() => made.setFormat(scene.format.value)),
    ];
    let shown: readonly string[] = [];
    const refreshing = setInterval(made.refresh, rerank / 4);
    const timer = setInterval(() => {
      if (!desk.sort.peek() || !desk.symbols.peek()) {
        held.value = false;
        return;
      }
      const ranked = desk.ranked();
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
  }, [scene, market, desk, settings, held, onGrid]);

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
        step: desk.step,
        settings: () => {
          dialog.value = "settings";
        },
        sheet: () => {
          dialog.value = "keys";
        },
        escape: () => {
          if (dialog.peek() !== null) return false; // the browser closes it
          if (desk.filter.peek() !== "") {
            desk.filter.value = "";
            return true;
          }
          if (detail.peek() === null) return false;
          scene.close();
          return true;
        },
      }),
    [scene, market, desk, dialog, detail, lists, columns],
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
      <Header scene={scene} />
      <main>
        <Toolbar scene={scene} lists={lists} columns={columns} held={held.value} />
        <Notice scene={scene} />
        <div class="panes">
          <div class="list">
            <div class="grid" ref={host} data-live={live} />
            <Vacancy scene={scene} />
          </div>
          {symbol !== null && <Detail key={symbol} scene={scene} symbol={symbol} />}
        </div>
      </main>
      <Footer scene={scene} />
      <Dialogs scene={scene} />
      <div class="visually-hidden" role="status">
        {spoken}
      </div>
    </>
  );
}

import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Api } from "../api.ts";
import { origin, transportNames } from "../condition.ts";
import type { Desk } from "../desk.ts";
import { age, type Format } from "../format.ts";
import { createGrid, type Grid } from "./grid.ts";
import { Mark, PauseIcon, PlayIcon } from "./icons.tsx";
import { Search } from "./search.tsx";

export interface AppProps {
  readonly desk: Desk;
  readonly api: Api;
  readonly format: Format;
  /** Receives the function that marks a symbol's row for repainting. */
  readonly onGrid: (mark: (symbol: string) => void) => void;
}

const rerank = 1000; // ms: rows that swap places faster cannot be read

function Badge({ desk, format }: Pick<AppProps, "desk" | "format">) {
  const { badge, tone, live } = desk.condition.value;
  const { transport, phase } = desk.connection.value;
  const { newest, rate } = desk.vitals.value;
  const replay = desk.feed.value.source === "replay";
  return (
    <div class="badge" data-tone={tone} data-transport={transport}>
      <span class="state">
        <span class="dot" />
        <span>{badge}</span>
      </span>
      <span class="fact" title="How the prices reach this page">
        {phase === "open" || phase === "connecting" ? transportNames[transport] : "No connection"}
      </span>
      {newest !== null && (
        <span class="fact newest" title={replay ? "Time since the last update" : "Age of the newest tick"}>
          <span class="long">{replay ? "last update " : "newest tick "}</span>
          <b>{age(newest)}</b>
        </span>
      )}
      {live && (
        <span class="fact rate" title="Updates received a second">
          <b>{format.count(rate)}</b>/s
        </span>
      )}
    </div>
  );
}

function Header({ desk, api, format, show }: Omit<AppProps, "onGrid"> & { readonly show: (symbol: string) => void }) {
  const label = origin(desk.feed.value);
  const paused = desk.connection.value.paused;
  return (
    <header>
      <h1>
        <Mark />
        <span>tickertape</span>
      </h1>
      {label && (
        <span class="origin" title={label.note}>
          {label.label}
        </span>
      )}
      <Search desk={desk} api={api} show={show} />
      <Badge desk={desk} format={format} />
      <button type="button" class="tool" aria-pressed={paused} onClick={() => desk.togglePause()}>
        {paused ? <PlayIcon /> : <PauseIcon />}
        <span>{paused ? "Resume" : "Pause"}</span>
      </button>
    </header>
  );
}

function Notice({ desk }: Pick<AppProps, "desk">) {
  const { notice, action, tone } = desk.condition.value;
  if (notice === null) return null;
  return (
    <div class="notice" data-tone={tone}>
      <p>{notice}</p>
      {action === "retry" && (
        <button type="button" onClick={() => desk.retry()}>
          Retry now
        </button>
      )}
      {action === "resume" && (
        <button type="button" onClick={() => desk.togglePause()}>
          Resume
        </button>
      )}
    </div>
  );
}

function Vacancy({ desk }: Pick<AppProps, "desk">) {
  const symbols = desk.symbols.value;
  if (symbols && symbols.length > 0) return null;
  const failure = desk.failure.value;
  return (
    <div class="vacancy">
      {symbols ? (
        <>
          <h2>Your list is empty</h2>
          <p>Search by ticker or by a company’s name to add to it.</p>
          <button type="button" onClick={() => desk.reset()}>
            Use the default list
          </button>
        </>
      ) : failure ? (
        <>
          <h2>Nothing to show yet</h2>
          <p>{failure} It is asked for again as soon as the server answers.</p>
          <button type="button" onClick={() => desk.retry()}>
            Retry now
          </button>
        </>
      ) : (
        <p>Loading the list of symbols…</p>
      )}
    </div>
  );
}

function Footer({ desk, format }: Pick<AppProps, "desk" | "format">) {
  const symbols = desk.symbols.value;
  const sort = desk.sort.value;
  const note = desk.note.value;
  const label = origin(desk.feed.value);
  useEffect(() => {
    if (!note) return;
    const timer = setTimeout(() => desk.dismiss(), 8000);
    return () => clearTimeout(timer);
  }, [note, desk]);
  return (
    <footer>
      {note ? (
        <span class="note" role="status">
          {note.text}
          {note.undo && (
            <button type="button" class="link" onClick={() => note.undo?.()}>
              Undo
            </button>
          )}
        </span>
      ) : (
        <span class="count">
          {symbols === null ? "" : `${format.count(symbols.length)} ${symbols.length === 1 ? "symbol" : "symbols"}`}
          {sort && (
            <button type="button" class="link" onClick={() => desk.unsort()}>
              Back to your order
            </button>
          )}
        </span>
      )}
      {label && <span class="disclaimer">{label.note}</span>}
      <span class="zone" title={`Times are in ${format.zoneName()}`}>
        Times in {format.zone()}
      </span>
      <nav aria-label="About">
        <a href="metrics">Metrics</a>
        <a href="protocol.txt">Protocol</a>
        <a href="licenses.txt">Licences</a>
      </nav>
    </footer>
  );
}

export function App({ desk, api, format, onGrid }: AppProps) {
  const host = useRef<HTMLDivElement>(null);
  const grid = useRef<Grid | null>(null);

  useEffect(() => {
    if (!host.current) return;
    const motion = matchMedia("(prefers-reduced-motion: reduce)");
    const made = createGrid({
      root: host.current,
      label: "Quotes",
      row: desk.row,
      format,
      sort: desk.sortBy,
      remove: desk.remove,
      tints: () => !motion.matches,
    });
    grid.current = made;
    onGrid(made.mark);
    const stopRows = effect(() => {
      made.setSort(desk.sort.value);
      if (desk.symbols.value) made.setRows(desk.ranked());
    });
    const timer = setInterval(() => {
      if (desk.sort.peek() && !made.held()) made.setRows(desk.ranked());
    }, rerank);
    return () => {
      clearInterval(timer);
      stopRows();
      onGrid(() => {});
      made.close();
    };
  }, [desk, format, onGrid]);

  const { live, badge } = desk.condition.value;
  useEffect(() => {
    document.title = live ? "tickertape" : `${badge} · tickertape`;
  }, [live, badge]);

  // Counting seconds aloud would drown everything else.
  const spoken = badge.replace(/ in \d+ s$/, "");
  return (
    <>
      <Header desk={desk} api={api} format={format} show={(symbol) => grid.current?.show(symbol)} />
      <main>
        <Notice desk={desk} />
        <div class="grid" ref={host} data-live={live} />
        <Vacancy desk={desk} />
      </main>
      <Footer desk={desk} format={format} />
      <div class="visually-hidden" role="status">
        {spoken}
      </div>
    </>
  );
}

import { useEffect } from "preact/hooks";
import { origin } from "../model/feed.ts";
import { PassingButton } from "./passing.tsx";
import type { Services } from "./services.ts";

const noteLasts = 8000;

const zones = (services: Services): string => {
  const { workspace, market, format } = services;
  const symbols = (workspace.symbols.value ?? []).slice(0, 200);
  const all = new Set(symbols.map((symbol) => market.directory.info(symbol)?.zone ?? ""));
  if (all.size === 0) all.add(""); // times of an empty list are those of a market without hours
  const at = market.connectionStats.value.now;
  const names = [...new Set([...all].map((zone) => format.value.zone(zone, at)))];
  return names.length > 2 ? `${names.slice(0, 2).join(", ")} and others` : names.join(" and ");
};

/** The bar at the bottom: a note or a hint, the time zone, and links. */
export function Footer({ services }: { readonly services: Services }) {
  const {
    workspace,
    market,
    settings,
    notes,
    shell: { dialog, originRead },
  } = services;
  const note = notes.current.value;
  const label = origin(market.feed.value);
  useEffect(() => {
    if (!note) return;
    // Effects run after the frame that shows the note, and another note can be there by then.
    const timer = setTimeout(() => notes.current.peek() === note && notes.dismiss(), noteLasts);
    return () => clearTimeout(timer);
  }, [note, notes]);
  return (
    <footer>
      <span class="note" role="status">
        {note && (
          <>
            <span class="text">{note.text}</span>
            {note.undo && (
              <PassingButton class="link" onClick={note.undo}>
                Undo
              </PassingButton>
            )}
          </>
        )}
      </span>
      {!note && (
        <span class="hint">
          {workspace.sort.value ? (
            <PassingButton class="link" onClick={workspace.unsort}>
              Back to the list’s order
            </PassingButton>
          ) : (
            workspace.fresh && (
              <>
                <kbd>/</kbd> adds a symbol, <kbd>?</kbd> shows all keys
              </>
            )
          )}
        </span>
      )}
      {label && originRead.value === label.note && <span class="disclaimer">{label.note}</span>}
      <button
        type="button"
        class="link zone"
        title="Change the time zone in the settings"
        onClick={() => {
          dialog.value = "settings";
        }}
      >
        <span class="long">{settings.value.value.times === "exchange" ? "Exchange times" : "Times"} in </span>
        {zones(services)}
      </button>
      <nav aria-label="About">
        <button
          type="button"
          class="link"
          onClick={() => {
            dialog.value = "about";
          }}
        >
          About
        </button>
        <a href="metrics">Metrics</a>
        <a href="protocol.txt">Protocol</a>
      </nav>
    </footer>
  );
}

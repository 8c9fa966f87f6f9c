import { useEffect } from "preact/hooks";
import { origin } from "../condition.ts";
import type { Scene } from "./scene.ts";

const noteLasts = 8000;

const zones = (scene: Scene): string => {
  const { desk, market, format } = scene;
  const all = new Set((desk.symbols.value ?? []).slice(0, 200).map((symbol) => market.info(symbol)?.zone ?? ""));
  const at = market.vitals.value.now;
  const names = [...new Set([...all].map((zone) => format.value.zone(zone, at)))];
  return names.length > 2 ? `${names.slice(0, 2).join(", ")} and others` : names.join(" and ");
};

export function Footer({ scene }: { readonly scene: Scene }) {
  const { desk, market, dialog, settings } = scene;
  const note = desk.note.value;
  const label = origin(market.feed.value);
  useEffect(() => {
    if (!note) return;
    // Another one may stand there by then: effects come after the frame that shows it.
    const timer = setTimeout(() => desk.note.peek() === note && desk.dismiss(), noteLasts);
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
        <span class="hint">
          {desk.sort.value ? (
            <button type="button" class="link" onClick={() => desk.unsort()}>
              Back to the list’s order
            </button>
          ) : (
            desk.fresh && (
              <>
                <kbd>/</kbd> adds a symbol, <kbd>?</kbd> shows all keys
              </>
            )
          )}
        </span>
      )}
      {label && scene.read.value === label.note && <span class="disclaimer">{label.note}</span>}
      <button
        type="button"
        class="link zone"
        title="Choose in the settings in which zone times are shown"
        onClick={() => {
          dialog.value = "settings";
        }}
      >
        {settings.value.value.times === "exchange" ? "Exchange times" : "Times"} in {zones(scene)}
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

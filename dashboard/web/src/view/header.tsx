import { origin } from "../model/feed.ts";
import { Badge } from "./badge.tsx";
import { GearIcon, HelpIcon, Mark, PauseIcon, PlayIcon } from "./icons.tsx";
import { Search } from "./search.tsx";
import type { Services } from "./services.ts";

/** The bar at the top: the search, the state of the connection, and buttons. */
export function Header({ services }: { readonly services: Services }) {
  const {
    market,
    shell: { dialog },
  } = services;
  const label = origin(market.feed.value);
  const { paused } = market.state.value;
  return (
    <header>
      <div class="brand">
        <h1>
          <Mark />
          <span>tickertape</span>
        </h1>
        {label && (
          <span class="origin" title={label.note}>
            {label.label}
          </span>
        )}
      </div>
      <Search services={services} />
      <Badge services={services} />
      <div class="tools">
        <button
          type="button"
          class="tool"
          aria-label={paused ? "Resume" : "Pause"}
          title="Pause and resume (Shift+P)"
          onClick={() => market.togglePause()}
        >
          {paused ? <PlayIcon /> : <PauseIcon />}
          <span>{paused ? "Resume" : "Pause"}</span>
        </button>
        <button
          type="button"
          class="tool icon-only"
          aria-label="Settings"
          title="Settings (,)"
          onClick={() => {
            dialog.value = "settings";
          }}
        >
          <GearIcon />
        </button>
        <button
          type="button"
          class="tool icon-only"
          aria-label="Keyboard"
          title="Keyboard (?)"
          onClick={() => {
            dialog.value = "keys";
          }}
        >
          <HelpIcon />
        </button>
      </div>
    </header>
  );
}

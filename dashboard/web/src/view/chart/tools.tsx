import type { Signal } from "@preact/signals";
import type { JSX, RefObject } from "preact";
import { type Settings, settingChoices } from "../../model/settings.ts";
import { EndIcon, LeftIcon, RightIcon, TableIcon, ZoomInIcon, ZoomOutIcon } from "../icons.tsx";
import type { Services } from "../services.ts";
import type { PriceChart } from "./pricechart.ts";

/** The intervals in words, for those who hear them. */
export const intervalNames: Readonly<Record<Settings["interval"], string>> = {
  "1s": "1 second",
  "5s": "5 seconds",
  "1m": "1 minute",
  "5m": "5 minutes",
  "15m": "15 minutes",
  "1h": "1 hour",
  "1d": "1 day",
};

/** Chooses how long a bar is. */
export function Intervals({ id, settings }: Pick<Services, "id" | "settings">) {
  return (
    <fieldset class="intervals">
      <legend class="visually-hidden">Interval</legend>
      {settingChoices.interval.map((interval) => (
        <label key={interval} title={intervalNames[interval]}>
          <input
            type="radio"
            name={`${id}-interval`}
            value={interval}
            aria-label={intervalNames[interval]}
            checked={interval === settings.value.value.interval}
            onChange={() => settings.update((now) => ({ ...now, interval }))}
          />
          <span>{interval}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface MovesProps {
  readonly chart: RefObject<PriceChart | null>;
  readonly asTable: Signal<boolean>;
  readonly toggleTable: () => void;
}

/** Moves the chart without a pointer, and shows its bars as a table instead. */
export function Moves({ chart, asTable, toggleTable }: MovesProps) {
  const button = (label: string, icon: JSX.Element, run: () => void) => (
    <button type="button" class="quiet" aria-label={label} title={label} disabled={asTable.value} onClick={run}>
      {icon}
    </button>
  );
  return (
    <div class="moves">
      {button("Earlier", <LeftIcon />, () => chart.current?.scroll(-0.3))}
      {button("Later", <RightIcon />, () => chart.current?.scroll(0.3))}
      {button("To the newest", <EndIcon />, () => chart.current?.toEnd())}
      {button("Zoom in", <ZoomInIcon />, () => chart.current?.zoom(0.7))}
      {button("Zoom out", <ZoomOutIcon />, () => chart.current?.zoom(1.4))}
      <button
        type="button"
        class="quiet"
        aria-pressed={asTable.value}
        aria-label="As a table"
        title="As a table"
        onClick={toggleTable}
      >
        <TableIcon />
      </button>
    </div>
  );
}

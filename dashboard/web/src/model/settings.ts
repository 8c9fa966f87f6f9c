import { computed, type ReadonlySignal } from "@preact/signals-core";
import type { History } from "./history.ts";
import { isObject } from "./json.ts";
import type { Records } from "./records.ts";

const choices = {
  theme: ["system", "dark", "light"],
  /** The colours for up and down. The second pair is usual in East Asia, the last one is for the colour-blind. */
  scheme: ["green-red", "red-green", "blue-orange"],
  density: ["compact", "roomy"],
  /** In which zone times are shown. */
  times: ["exchange", "local", "utc"],
  /** How numbers and dates are written: as the browser does, or as in this country. */
  locale: ["auto", "en-US", "en-GB", "de-DE", "fr-FR", "de-CH", "en-IN", "ja-JP", "pt-BR", "es-ES"],
  /** Whether a changed price flashes: it has a coloured background for a moment. */
  flash: ["on", "off"],
  /** Whether single characters are shortcuts, and letters go to the filter. */
  shortcuts: ["on", "off"],
  /** The most updates a second; `each` is all of them, one for each flush of the server. */
  rate: ["each", "4", "1", "0.2"],
  /** How long a bar of the chart is. */
  interval: ["1s", "5s", "1m", "5m", "15m", "1h", "1d"],
} as const;

/** What the reader has chosen of each setting. */
export type Settings = { readonly [K in keyof typeof choices]: (typeof choices)[K][number] };
/** The name of a setting. */
export type SettingName = keyof Settings;

/** What can be chosen, by setting. */
export const settingChoices: { readonly [K in SettingName]: readonly Settings[K][] } = choices;

/** What the settings are called. */
export const settingTitles: Readonly<Record<SettingName, string>> = {
  theme: "Theme",
  scheme: "Up and down",
  density: "Rows",
  times: "Times",
  locale: "Numbers and dates",
  flash: "Flash changed prices",
  shortcuts: "Single keys as shortcuts",
  rate: "Updates",
  interval: "Interval",
};

/** The settings of the first visit. */
export const defaultSettings: Settings = {
  theme: "system",
  scheme: "green-red",
  density: "compact",
  times: "exchange",
  locale: "auto",
  flash: "on",
  shortcuts: "on",
  rate: "each",
  interval: "1m",
};

/** Where earlier versions of the page have kept the settings. */
export const earlierSettingsKey = "tickertape.settings";

/** Reads stored settings. What is missing or none of the choices is as at the first visit. */
export function readSettings(value: unknown): Settings {
  const stored = isObject(value) ? value : {};
  const settings: Record<string, unknown> = { ...defaultSettings };
  for (const [name, allowed] of Object.entries(choices)) {
    if ((allowed as readonly unknown[]).includes(stored[name])) settings[name] = stored[name];
  }
  return settings as Settings;
}

/** The settings that differ, as they are in `next`. */
function differing(before: Settings, next: Settings): Partial<Settings> {
  const names = Object.keys(choices) as SettingName[];
  return Object.fromEntries(names.filter((name) => next[name] !== before[name]).map((name) => [name, next[name]]));
}

/** The settings, which are kept between visits and shared with the other windows of this server. */
export interface SettingsStore {
  readonly value: ReadonlySignal<Settings>;
  /** Changes them at once. The promise is kept after the attempt to write them; `failed` of the records says how it went. */
  update(change: (now: Settings) => Settings): Promise<void>;
}

/** How the page looks and behaves, as the reader has set it in any window. Each setting is changed by itself. */
export function createSettings({
  records,
  history,
}: {
  readonly records: Records;
  readonly history: History;
}): SettingsStore {
  const value = computed(() => readSettings(records.valueOf("settings")));
  const put = (some: Partial<Settings>) =>
    records.change("settings", (now) => ({ ...(isObject(now) ? now : {}), ...some }));
  return {
    value,
    update(change) {
      const before = value.peek();
      const next = change(before);
      const [changed, former] = [differing(before, next), differing(next, before)];
      const names = Object.keys(changed) as SettingName[];
      const text = `Setting “${names.map((name) => settingTitles[name]).join(", ")}” changed`;
      let written = Promise.resolve();
      if (names.length > 0)
        history.run({
          text,
          do: () => {
            written = put(changed);
          },
          undo: () => void put(former),
        });
      return written;
    },
  };
}

/** The rate for the client: updates a second, or null for all of them. */
export const rateOf = ({ rate }: Settings): number | null => (rate === "each" ? null : Number(rate));

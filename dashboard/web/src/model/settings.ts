import { createStore, type Store, type TextStorage } from "./store.ts";

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

/** The settings of the first visit. */
export const defaultSettings: Settings = {
  theme: "system",
  scheme: "green-red",
  density: "compact",
  times: "exchange",
  locale: "auto",
  flash: "on",
  rate: "each",
  interval: "1m",
};

const key = "tickertape.settings";

/** Reads stored settings. What is missing or none of the choices is as at the first visit. */
export function readSettings(value: unknown): Settings {
  const stored = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const settings: Record<string, unknown> = { ...defaultSettings };
  for (const [name, allowed] of Object.entries(choices)) {
    if ((allowed as readonly unknown[]).includes(stored[name])) settings[name] = stored[name];
  }
  return settings as Settings;
}

/** How the page looks and behaves, as the reader has set it. */
export const createSettings = (storage: () => TextStorage): Store<Settings> =>
  createStore({ storage, key, read: (item) => readSettings(item(key)) });

/** The rate for the client: updates a second, or null for all of them. */
export const rateOf = ({ rate }: Settings): number | null => (rate === "each" ? null : Number(rate));

import { createStore, type Store, type TextStorage } from "./store.ts";

const choices = {
  theme: ["system", "dark", "light"],
  /** Which colours say up and down; the last is told apart by the colour-blind, the second is East Asia's. */
  scheme: ["green-red", "red-green", "blue-orange"],
  density: ["compact", "roomy"],
  /** In which zone times are shown. */
  times: ["exchange", "local", "utc"],
  /** How numbers are written: as the browser does, or as in this place. */
  locale: ["auto", "en-US", "en-GB", "de-DE", "fr-FR", "de-CH", "en-IN", "ja-JP", "pt-BR", "es-ES"],
  /** Whether a changed price is tinted for a moment. */
  flash: ["on", "off"],
  /** Updates a second at most; each is one flush of the server. */
  rate: ["each", "4", "1", "0.2"],
  /** Of the bars in the chart. */
  interval: ["1s", "5s", "1m", "5m", "15m", "1h", "1d"],
} as const;

export type Settings = { readonly [K in keyof typeof choices]: (typeof choices)[K][number] };
export type SettingName = keyof Settings;

export const settingChoices: { readonly [K in SettingName]: readonly Settings[K][] } = choices;

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

/** What can be read of stored settings, and the default for the rest. */
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

/** The rate as the client takes it. */
export const rateOf = ({ rate }: Settings): number | null => (rate === "each" ? null : Number(rate));

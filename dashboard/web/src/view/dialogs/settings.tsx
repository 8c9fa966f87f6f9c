import { type SettingName, settingChoices, settingTitles } from "../../model/settings.ts";
import type { DialogProps } from "../services.ts";
import { Dialog } from "./dialog.tsx";

// The interval of the bars is chosen at the chart.
type Shown = Exclude<SettingName, "interval">;

const labels: { readonly [K in Shown]: Readonly<Record<string, string>> } = {
  theme: { system: "As the system", dark: "Dark", light: "Light" },
  scheme: { "green-red": "Green, red", "red-green": "Red, green", "blue-orange": "Blue, orange" },
  density: { compact: "Compact", roomy: "Roomy" },
  times: { exchange: "Exchange", local: "Local", utc: "UTC" },
  rate: { each: "All", "4": "4 a second", "1": "1 a second", "0.2": "Every 5 s" },
  flash: { on: "Yes", off: "No" },
  shortcuts: { on: "Yes", off: "No" },
  locale: {
    auto: "As the browser",
    "en-US": "1,234.5 US",
    "en-GB": "1,234.5 UK",
    "de-DE": "1.234,5 DE",
    "fr-FR": "1 234,5 FR",
    "de-CH": "1’234.5 CH",
    "en-IN": "12,34,567.8 IN",
    "ja-JP": "1,234.5 JP",
    "pt-BR": "1.234,5 BR",
    "es-ES": "1.234,5 ES",
  },
};

/** All settings. A change holds at once. */
export function SettingsDialog({ services: { id, settings }, close }: DialogProps) {
  const now = settings.value.value;
  return (
    <Dialog title="Settings" close={close}>
      <div class="settings">
        {(Object.keys(labels) as Shown[]).map((name) => (
          <fieldset key={name} data-setting={name}>
            <legend>{settingTitles[name]}</legend>
            <div class="choices">
              {settingChoices[name].map((value) => (
                <label key={value} data-value={value}>
                  <input
                    type="radio"
                    name={`${id}-${name}`}
                    value={value}
                    checked={now[name] === value}
                    onChange={() => settings.update((before) => ({ ...before, [name]: value }))}
                  />
                  <span>
                    {name === "scheme" && <i class="sample" aria-hidden="true" />}
                    {labels[name][value]}
                  </span>
                </label>
              ))}
            </div>
          </fieldset>
        ))}
      </div>
    </Dialog>
  );
}

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { keySheet } from "../../app/keys.ts";
import { type SettingName, settingChoices } from "../../model/settings.ts";
import type { Services } from "../services.ts";
import { Dialog } from "./dialog.tsx";

interface Props {
  readonly services: Services;
  readonly close: () => void;
}

// The chart's interval is chosen where the chart is.
type Shown = Exclude<SettingName, "interval">;

const settingTexts: {
  readonly [K in Shown]: { readonly title: string; readonly labels: Readonly<Record<string, string>> };
} = {
  theme: { title: "Theme", labels: { system: "As the system", dark: "Dark", light: "Light" } },
  scheme: {
    title: "Up and down",
    labels: { "green-red": "Green, red", "red-green": "Red, green", "blue-orange": "Blue, orange" },
  },
  density: { title: "Rows", labels: { compact: "Compact", roomy: "Roomy" } },
  times: { title: "Times", labels: { exchange: "Exchange", local: "Local", utc: "UTC" } },
  rate: { title: "Updates", labels: { each: "All", "4": "4 a second", "1": "1 a second", "0.2": "Every 5 s" } },
  flash: { title: "Tint changed prices", labels: { on: "Yes", off: "No" } },
  locale: {
    title: "Numbers and dates",
    labels: {
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
  },
};

export function SettingsDialog({ services: { settings }, close }: Props) {
  const now = settings.value.value;
  return (
    <Dialog title="Settings" close={close}>
      <div class="settings">
        {(Object.keys(settingTexts) as Shown[]).map((name) => (
          <fieldset key={name} data-setting={name}>
            <legend>{settingTexts[name].title}</legend>
            <div class="choices">
              {settingChoices[name].map((value) => (
                <label key={value} data-value={value}>
                  <input
                    type="radio"
                    name={name}
                    value={value}
                    checked={now[name] === value}
                    onChange={() => settings.update((before) => ({ ...before, [name]: value }))}
                  />
                  <span>
                    {name === "scheme" && <i class="sample" aria-hidden="true" />}
                    {settingTexts[name].labels[value]}
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

export function KeysDialog({ close }: Pick<Props, "close">) {
  return (
    <Dialog title="Keyboard" close={close} wide>
      <div class="keys">
        {keySheet.map(({ title, entries }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {entries.map(({ keys, what }) => (
                <div key={what}>
                  <dt>
                    {keys.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

export function AboutDialog({ services: { api }, close }: Props) {
  const version = useSignal("");
  useEffect(() => {
    api.version().then(
      (text) => {
        version.value = text;
      },
      () => {}, // it stays unsaid
    );
  }, [api, version]);
  return (
    <Dialog title="About tickertape" close={close}>
      <div class="about">
        <p>
          Live prices, pushed as they change
          {version.value === "" ? (
            "."
          ) : (
            <>
              . Version <b>{version.value}</b>.
            </>
          )}
        </p>
        <ul>
          <li>
            <a href="protocol.txt">The protocol</a>, for pages and programs of your own
          </li>
          <li>
            <a href="metrics">Metrics</a>, for Prometheus
          </li>
          <li>
            <a href="licenses.txt">Licences of this page</a> and <a href="licenses-go.txt">of the server</a>
          </li>
        </ul>
        <h3>Made with</h3>
        <p>
          Charts by <a href="https://www.tradingview.com/">TradingView</a>: Lightweight Charts™, Copyright © 2025
          TradingView, Inc., under the Apache License 2.0. Preact and its signals, under the MIT License. The typeface
          Inter, under the SIL Open Font License.
        </p>
      </div>
    </Dialog>
  );
}

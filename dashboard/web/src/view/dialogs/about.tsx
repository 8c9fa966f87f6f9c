import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { DialogProps } from "../services.ts";
import { Dialog } from "./dialog.tsx";

/** The version of the server, and what the page is made with. */
export function AboutDialog({ services: { api }, close }: DialogProps) {
  const version = useSignal("");
  useEffect(() => {
    api.version().then(
      (text) => {
        version.value = text;
      },
      () => {}, // the dialog says nothing of the version then
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

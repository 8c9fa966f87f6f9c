import { readEarlier } from "../model/earlier.ts";
import { createRecords, type Records } from "../model/records.ts";
import { isWhole } from "../model/savedrecords.ts";
import { serverPath } from "./server.ts";

/** Calls back when records may have changed: with the key that another window has written, or null for any. */
function followStorage(changed: (key: string | null) => void): () => void {
  const listeners = new AbortController();
  const { signal } = listeners;
  addEventListener("storage", ({ key }) => changed(key), { signal });
  // A page that was frozen has missed some events.
  addEventListener("pageshow", ({ persisted }) => persisted && changed(null), { signal });
  document.addEventListener("visibilitychange", () => !document.hidden && changed(null), { signal });
  return () => listeners.abort();
}

/** What is kept in this browser for this server. Changes are written at the latest when the page is left. */
export function openRecords(): Records {
  const storage = () => localStorage;
  const { records: earlier, damaged } = readEarlier(storage);
  const locks: LockManager | undefined = navigator.locks; // none on a page without TLS
  const records = createRecords({
    storage,
    server: serverPath(),
    locks: locks && { request: (name, callback) => locks.request(name, async () => callback()) },
    follow: followStorage,
    earlier,
    whole: isWhole,
  });
  for (const [key, text] of damaged) records.setAside(key, text);
  addEventListener("pagehide", records.flush);
  return records;
}

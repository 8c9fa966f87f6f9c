/*
 * Runs before the page is drawn, so that a theme that the reader has chosen is there from the first frame on. It is built
 * by itself, see build/blocking.ts, and must stay small. view/appearance.ts follows the settings from then on.
 */
import { keyPrefix, parseRecord } from "../model/record.ts";
import { earlierSettingsKey, readSettings } from "../model/settings.ts";
import { serverPath } from "./server.ts";

try {
  const record = parseRecord(localStorage.getItem(`${keyPrefix(serverPath())}settings`) ?? "");
  const kept: unknown = record ? record.value : JSON.parse(localStorage.getItem(earlierSettingsKey) ?? "null");
  const { theme, scheme, density } = readSettings(kept);
  Object.assign(document.documentElement.dataset, { ...(theme !== "system" && { theme }), scheme, density });
} catch {
  // forbidden or damaged: the page looks as at the first visit
}

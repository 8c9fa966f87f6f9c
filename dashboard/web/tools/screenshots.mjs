// The pictures of the README, from the simulated market of one seed: node tools/screenshots.mjs FOLDER
// Prices are the same each time; the time of day is that of the run, and how far the market has come differs by moments.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch } from "./chromium.mjs";
import { startServer } from "./server.mjs";

const folder = process.argv[2];
if (folder === undefined) throw new Error("which folder?");
mkdirSync(folder, { recursive: true });

const server = await startServer({
  TICKERTAPE_FEED_SIM_PAST: "1h",
  TICKERTAPE_FEED_SIM_HALT_EVERY: "0s",
});
const browser = await launch();

const pictures = [
  { name: "desktop-dark", width: 1440, height: 900, colorScheme: "dark", hash: "" },
  { name: "desktop-light", width: 1440, height: 900, colorScheme: "light", hash: "" },
  { name: "detail-dark", width: 1440, height: 900, colorScheme: "dark", hash: "#NVDA" },
  { name: "phone-light", width: 390, height: 844, colorScheme: "light", hash: "" },
  { name: "phone-detail", width: 390, height: 844, colorScheme: "dark", hash: "#NVDA" },
];
for (const { name, width, height, colorScheme, hash } of pictures) {
  const phone = width < 600;
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: phone ? 2 : 1,
    colorScheme,
    locale: "en-US",
    timezoneId: "UTC",
    hasTouch: phone,
  });
  const page = await context.newPage();
  await page.goto(server.url + hash);
  await page.waitForFunction(() => /\d/.test(document.querySelector(".body .row .last")?.textContent ?? ""));
  if (hash !== "") await page.waitForSelector(".detail canvas");
  await page.waitForTimeout(4000); // some movement, and the sparklines
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await context.close();
}
await browser.close();
await server.stop();

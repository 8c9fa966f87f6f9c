import { expect, test } from "vitest";
import { live, openPage } from "./support/browser.ts";
import { startFirefox } from "./support/firefox.ts";
import { keyboardHand, touchHand } from "./support/hand.ts";
import { type Gateway, startProxy } from "./support/proxy.ts";
import { chromiumScreen, type Screen } from "./support/screen.ts";
import { setStage } from "./support/stage.ts";
import type { Outage } from "./support/walk/step.ts";
import { walk } from "./support/walk/walk.ts";

const stage = setStage();

/** Runs in the page: what is saved before the walk begins. */
const plant = () => {
  const choice = { kind: "own", name: "Mine" };
  localStorage.setItem(
    "tickertape.desk",
    JSON.stringify({ lists: [{ name: "Mine", symbols: ["IBM", "MSFT"] }], choice }),
  );
  localStorage.setItem("tickertape.settings", "{damaged");
};

const outageOf = (proxy: Gateway): Outage => ({
  begin: () => {
    proxy.block.all = true;
    proxy.cut();
  },
  end: () => {
    proxy.block.all = false;
  },
});

const handOf = (by: string, screen: Screen) => (by === "touch" ? touchHand(screen) : keyboardHand(screen));

const everywhere = process.env["WALK"] === "all";
/** `brief` is what is walked without WALK=all. */
const walks = [
  { by: "keyboard", on: "a desktop", width: 1280, height: 720, brief: true },
  { by: "keyboard", on: "a desktop at 400 %", width: 320, height: 180, brief: true },
  { by: "keyboard", on: "a small phone", width: 320, height: 568, brief: false },
  { by: "keyboard", on: "a phone", width: 390, height: 664, brief: false },
  { by: "keyboard", on: "a phone on its side", width: 844, height: 390, brief: false },
  { by: "touch", on: "a phone", width: 390, height: 664, brief: true },
  { by: "touch", on: "a phone on its side", width: 844, height: 390, brief: true },
  { by: "touch", on: "a small phone", width: 320, height: 568, brief: false },
  { by: "touch", on: "a desktop", width: 1280, height: 720, brief: false },
  { by: "touch", on: "a desktop at 400 %", width: 320, height: 180, brief: false },
].filter(({ brief }) => brief || everywhere);

test.concurrent.each(walks)(
  "everything is done by $by alone on $on, $width × $height",
  async ({ by, on, ...size }) => {
    const proxy = await startProxy(stage.server.port);
    const { page, close } = await openPage(stage.browser, proxy.url, {
      symbols: ["IBM", "MSFT"],
      viewport: { width: size.width, height: size.height },
      hasTouch: by === "touch",
      isMobile: by === "touch" && on.includes("phone"),
      reducedMotion: "reduce",
      acceptDownloads: true,
      allow: /ERR_|WebSocket/, // the outage
    });
    await page.evaluate(() => localStorage.setItem("tickertape.settings", "{damaged"));
    await page.reload();
    await live(page);
    const screen = chromiumScreen(page);
    expect(await walk(handOf(by, screen), outageOf(proxy))).toEqual({ failed: [], skipped: [] });
    await close();
    await proxy.close();
  },
  120_000,
);

const inFirefox = [
  { by: "keyboard", width: 1280, height: 720, brief: true },
  { by: "keyboard", width: 390, height: 664, brief: false },
  { by: "touch", width: 390, height: 664, brief: true },
].filter(({ brief }) => brief || everywhere);

test.each(inFirefox)(
  "everything is done by $by alone in Firefox, $width × $height",
  async ({ by, ...size }) => {
    const firefox = await startFirefox();
    const proxy = await startProxy(stage.server.port);
    const { screen, complaints, goto, close } = await firefox.open(`${proxy.url}/protocol.txt`, size);
    await screen.evaluate(plant);
    await goto(proxy.url);
    await screen.getByRole("banner").getByRole("button", { name: /^Live/ }).waitFor();
    // BiDi has no such things, and its touches scroll nothing.
    const skipped = ["downloads", "printing", ...(by === "touch" ? ["swipes"] : []), "uploads"];
    expect(await walk(handOf(by, screen), outageOf(proxy))).toEqual({ failed: [], skipped });
    const outage = /can.t establish a connection|interrupted/;
    expect(complaints.filter((text) => !outage.test(text))).toEqual([]);
    await close();
    await proxy.close();
    await firefox.close();
  },
  180_000,
);

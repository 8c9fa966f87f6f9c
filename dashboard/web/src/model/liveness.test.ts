import type { ClientState, Phase, SourceState } from "tickertape-client";
import { describe, expect, test } from "vitest";
import { combine, type FeedState, origin } from "./feed.ts";
import { judge } from "./liveness.ts";

const state = (change: Partial<ClientState> = {}): ClientState => ({
  phase: "open",
  transport: "websocket",
  synced: true,
  paused: false,
  retryAt: null,
  lostAt: null,
  reason: "",
  role: "alone",
  ...change,
});
const source = (change: Partial<SourceState> = {}): SourceState => ({
  source: "sim",
  simulated: true,
  status: "live",
  since: null,
  message: "",
  ...change,
});
const feed = (...changes: Partial<SourceState>[]): FeedState =>
  combine(changes.length === 0 ? [source()] : changes.map(source));

describe("a price may look live", () => {
  test("only over an open, synced, unpaused connection to a live feed", () => {
    const phases: readonly Phase[] = ["idle", "connecting", "open", "waiting", "resting", "offline", "stopped"];
    for (const phase of phases) {
      for (const synced of [false, true]) {
        for (const paused of [false, true]) {
          for (const status of ["live", "stale", "down", "closed", "connecting", "something new"]) {
            const { live, tone } = judge(state({ phase, synced, paused }), feed({ status }), 0);
            expect(live).toBe(phase === "open" && synced && !paused && status === "live");
            expect(tone === "live").toBe(live);
          }
        }
      }
    }
  });
});

describe("it is said", () => {
  test("when the next attempt is, and how long ago the connection was lost", () => {
    const liveness = judge(state({ phase: "waiting", lostAt: 1000, retryAt: 14_200 }), feed(), 13_000);
    expect(liveness.badge).toBe("Reconnecting in 2 s");
    expect(liveness.notice).toBe("Connection lost 12 s ago. The prices below are the last ones received, not live.");
    expect(liveness.action).toBe("retry");
  });

  test("of a server that has never answered, without prices that are not there", () => {
    expect(judge(state({ phase: "waiting", retryAt: 500 }), feed(), 0).notice).toBe("The server does not answer.");
  });

  test("why the server refuses", () => {
    const { notice } = judge(state({ phase: "stopped", reason: "origin not allowed" }), feed(), 0);
    expect(notice).toContain("The server refused this page. Origin not allowed.");
  });

  test("since when the feed is down, in its own words", () => {
    const { badge, notice } = judge(state(), feed({ status: "down", since: 1000, message: "dial: refused" }), 61_000);
    expect(badge).toBe("Feed down");
    expect(notice).toContain("The feed has been down for 60 s. Dial: refused.");
  });

  test("without prices that have not come yet", () => {
    expect(judge(state(), feed({ status: "down", message: "dial: refused" }), 0, false).notice).toBe(
      "The feed is down. Dial: refused.",
    );
  });

  test("that a closed market is closed, which is no alarm", () => {
    expect(judge(state(), feed({ status: "closed" }), 0)).toMatchObject({ tone: "halt", badge: "Market closed" });
  });

  test("that a recording has ended, which is no market's close", () => {
    expect(judge(state(), feed({ source: "replay", status: "closed" }), 0)).toMatchObject({
      tone: "halt",
      badge: "Ended",
    });
  });

  test.each([
    ["sim", true, "Simulated"],
    ["replay", true, "Replay, simulated"],
    ["replay", false, "Replay"],
    ["anything", true, "Simulated"],
    ["alpaca", false, undefined],
  ])("where the prices of %s (simulated: %s) come from", (source, simulated, label) => {
    expect(origin(feed({ source, simulated }))?.label).toBe(label);
  });
});

describe("of several sources", () => {
  const coins = { source: "coinbase", simulated: false };
  const shares = { source: "alpaca", simulated: false };

  test("one that is live lets its prices look live, and the others are named", () => {
    const several = feed({ ...coins, status: "down", since: 1000, message: "dial: refused" }, shares);
    expect(several).toMatchObject({ source: "coinbase,alpaca", status: "live", simulated: false });
    expect(judge(state(), several, 61_000)).toEqual({
      tone: "wait",
      badge: "Partly live",
      notice: "coinbase has been down for 60 s. Dial: refused. Prices from coinbase are marked.",
      action: null,
      live: true,
    });
  });

  test("a market that is closed is no trouble beside one that is open", () => {
    expect(judge(state(), feed(coins, { ...shares, status: "closed" }), 0)).toMatchObject({
      tone: "live",
      badge: "Live",
      notice: null,
    });
  });

  test("none is live: each is told, and none looks live", () => {
    const liveness = judge(state(), feed({ ...coins, status: "down" }, { ...shares, status: "stale" }), 0);
    expect(liveness).toMatchObject({ badge: "Stale", live: false });
    expect(liveness.notice).toContain("coinbase is down. alpaca is stale. The prices below");
  });

  test("some are made up", () => {
    expect(origin(feed({ ...coins }, { source: "sim" }))).toMatchObject({
      label: "Partly simulated",
      note: "The prices from sim are made up. They are not market data.",
    });
  });

  test("a word that is not known here is worse than live", () => {
    expect(feed({ ...coins, status: "sleeping" }, shares).status).toBe("live");
    expect(feed({ ...coins, status: "sleeping" }, { ...shares, status: "down" }).status).toBe("sleeping");
  });
});

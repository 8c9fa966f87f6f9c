import { describe, expect, test } from "vitest";
import { type FeedState, judge, origin } from "./condition.ts";
import type { ConnectionState, Phase } from "./connection.ts";

const state = (change: Partial<ConnectionState> = {}): ConnectionState => ({
  phase: "open",
  transport: "websocket",
  synced: true,
  paused: false,
  retryAt: null,
  lostAt: null,
  reason: "",
  ...change,
});
const feed = (change: Partial<FeedState> = {}): FeedState => ({
  source: "sim",
  simulated: true,
  status: "live",
  since: 0,
  message: "",
  ...change,
});

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
    const condition = judge(state({ phase: "waiting", lostAt: 1000, retryAt: 14_200 }), feed(), 13_000);
    expect(condition.badge).toBe("Reconnecting in 2 s");
    expect(condition.notice).toBe("Connection lost 12 s ago. The prices below are the last ones received, not live.");
    expect(condition.action).toBe("retry");
  });

  test("of a server that has never answered, without prices that are not there", () => {
    expect(judge(state({ phase: "waiting", retryAt: 500 }), feed(), 0).notice).toBe("The server does not answer.");
  });

  test("why the server refuses", () => {
    const { notice } = judge(state({ phase: "stopped", reason: "origin not allowed" }), feed(), 0);
    expect(notice).toContain("The server refused this page. Origin not allowed.");
  });

  test("since when the feed is down, in its own words", () => {
    const { badge, notice } = judge(
      state(),
      feed({ status: "down", since: 1_000_000, message: "dial: refused" }),
      61_000,
    );
    expect(badge).toBe("Feed down");
    expect(notice).toContain("The feed is down for 60 s. Dial: refused.");
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

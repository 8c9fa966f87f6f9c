import type { ClientState, Phase, SourceState } from "tickertape-client";
import { describe, expect, test } from "vitest";
import { combine, type FeedState, origin, replayedFrom } from "./feed.ts";
import { factsText, judge } from "./liveness.ts";

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
  replayed: change.source === "replay",
  delay: 0,
  quiet: false,
  sources: [],
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
  test.each([
    // ms of silence, the usual gap, the badge
    [1900, 100, "Live"],
    [2100, 100, "Quiet 2 s"],
    [15_000, 100, "Quiet 15 s"],
    [9000, 1000, "Live"],
    [11_000, 1000, "Quiet 11 s"],
  ])("when nothing has come for %d ms where there is something each %d ms", (lasts, usual, badge) => {
    const liveness = judge(state(), feed(), 0, true, { lasts, usual });
    expect(liveness).toMatchObject({ badge, tone: badge === "Live" ? "live" : "wait", live: true });
    expect(judge(state({ paused: true }), feed(), 0, true, { lasts, usual }).badge).toBe("Paused");
    expect(judge(state(), feed({ status: "closed" }), 0, true, { lasts, usual }).badge).toBe("Market closed");
    expect(judge(state(), feed({ status: "stale" }), 0, true, { lasts, usual }).badge).toBe("Stale");
    expect(judge(state(), feed({ source: "replay" }), 0, true, { lasts, usual }).badge).toBe("Replay");
  });

  test("when the next attempt is, and how long ago the connection was lost", () => {
    const liveness = judge(state({ phase: "waiting", lostAt: 1000, retryAt: 14_200 }), feed(), 13_000);
    expect(liveness.badge).toBe("Reconnecting in 2 s");
    expect(liveness.notice).toBe("Connection lost 12 s ago. The prices below are the last ones received, not live.");
    expect(liveness.action).toBe("retry");
    // The button keeps the focus while an attempt is under way.
    expect(judge(state({ phase: "connecting", lostAt: 1000 }), feed(), 13_000).action).toBe("retry");
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

describe("of prices that are not current ones of a market", () => {
  const replay = { source: "replay", simulated: false, replayed: true };
  const coins = { source: "coinbase", simulated: false };
  const shares = { source: "alpaca", simulated: false, delay: 900_000 };
  const relay = (...behind: Partial<SourceState>[]) => ({
    source: "relay",
    simulated: false,
    message: "via x: as they are",
    sources: behind.map(source),
  });

  test.each([
    ["a recording", [replay], "Replay", "Replay"],
    ["a recording of simulated prices", [{ ...replay, simulated: true }], "Replay", "Replay, simulated"],
    ["a relay of a recording", [relay(replay)], "Replay", "Replay"],
    ["a recording beside a market", [replay, coins], "Live", "Partly replayed"],
    ["a relay of both", [relay(replay, coins)], "Live", "Partly replayed"],
    ["a market that is late", [shares], "Delayed", "15 min delayed"],
    ["a relay of one", [relay(shares)], "Delayed", "15 min delayed"],
    ["one market that is late and one that is not", [shares, coins], "Live", "Partly delayed"],
    ["a recording and a market that is late", [replay, shares], "Delayed", "Partly replayed, delayed"],
    ["markets", [relay(coins), { ...coins, source: "kraken" }], "Live", undefined],
  ])("%s", (_, sources, badge, label) => {
    const all = feed(...sources);
    expect(judge(state(), all, 0)).toMatchObject({ tone: "live", badge, notice: null });
    expect(origin(all)?.label).toBe(label);
  });

  test("the note names the sources, and what they are", () => {
    expect(origin(feed(relay(replay, coins), shares))?.note).toBe(
      "The prices from replay are those of a recording. They are not current. " +
        "The prices from alpaca are 15 min late, as their provider gives them out.",
    );
  });

  test("a price is replayed where its source is, however far away that is", () => {
    const mixed = feed(relay(replay), coins);
    for (const name of ["replay", "relay"]) expect(replayedFrom(mixed, name)).toBe(true);
    for (const name of ["coinbase", "kraken", undefined]) expect(replayedFrom(mixed, name)).toBe(false);
    expect(replayedFrom(feed(relay(replay)), undefined)).toBe(true);
    expect(replayedFrom(feed(relay(replay, coins)), "relay")).toBe(false);
  });

  test("what a source is, in brackets", () => {
    expect(factsText(source({ ...shares, replayed: true, simulated: true, quiet: true }))).toBe(
      "(replayed, simulated, 15 min delayed, quiet)",
    );
    expect(factsText(source(coins))).toBe("");
  });
});

describe("of sources behind a relay", () => {
  const down = { source: "kraken", simulated: false, status: "down", since: 1000, message: "the connection is lost" };
  const coins = source({ source: "coinbase", simulated: false });

  test("one that is down is named as it would be by its own server", () => {
    const all = feed({ source: "relay", simulated: false, message: "via x: …", sources: [coins, source(down)] });
    expect(all).toMatchObject({ source: "coinbase,kraken", status: "live" });
    expect(judge(state(), all, 61_000)).toMatchObject({
      badge: "Partly live",
      notice: "kraken has been down for 60 s. The connection is lost. Prices from kraken are marked.",
    });
  });

  test("the relay itself where they are not known", () => {
    expect(judge(state(), feed({ ...down, source: "relay" }), 61_000)).toMatchObject({ badge: "Feed down" });
  });
});

describe("of a feed that is quiet", () => {
  const quiet = { source: "coinbase", simulated: false, quiet: true };

  test("that is said before it is stale, and no longer then", () => {
    expect(judge(state(), feed(quiet), 0)).toMatchObject({ tone: "wait", badge: "Quiet", notice: null });
    expect(judge(state(), feed({ ...quiet, status: "stale" }), 0).badge).toBe("Stale");
    expect(judge(state({ paused: true }), feed(quiet), 0).badge).toBe("Paused");
  });

  test("not where one of its sources is not", () => {
    expect(judge(state(), feed(quiet, { source: "kraken" }), 0)).toMatchObject({ tone: "live", badge: "Live" });
    expect(judge(state(), feed(quiet, { source: "kraken", status: "closed" }), 0).badge).toBe("Quiet");
    expect(judge(state(), feed(quiet, { source: "kraken", status: "down" }), 0).badge).toBe("Partly live");
  });
});

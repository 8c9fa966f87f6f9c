import type { ClientState, SourceState } from "tickertape-client";
import { age } from "../format.ts";
import { type FeedState, onlyReplayed } from "./feed.ts";
import type { Silence } from "./silence.ts";

/** live: all is well. wait: prices will be live soon. halt: stopped on purpose. bad: something has failed. */
export type Tone = "live" | "wait" | "halt" | "bad";

/** Whether prices are live, and what the page says about it. */
export interface Liveness {
  readonly tone: Tone;
  /** Two or three words for the badge. */
  readonly badge: string;
  /** A sentence that says why prices are not live, or why some of them are not; null where there is nothing to say. */
  readonly notice: string | null;
  /** What the reader can do about it. */
  readonly action: "retry" | "resume" | null;
  /** Whether the prices may be shown as live. */
  readonly live: boolean;
}

const notLive = (liveness: Omit<Liveness, "live">): Liveness => ({
  ...liveness,
  notice: liveness.notice?.trim() ?? null,
  live: false,
});

const sentence = (text: string) =>
  text === "" ? "" : ` ${text.charAt(0).toUpperCase()}${text.slice(1).replace(/[.\s]*$/, "")}.`;

/** How long the status has held: "is down" or "has been down for 5 min". */
export const statusText = ({ status, since }: Pick<SourceState, "status" | "since">, now: number): string =>
  since === null ? `is ${status}` : `has been ${status} for ${age(Math.max(0, now - since), false)}`;

/** What the prices of a source are, in brackets; "" for current ones of a real market. */
export function factsText({ simulated, replayed, delay, quiet }: Omit<SourceState, "status" | "since">): string {
  const facts = [
    replayed && "replayed",
    simulated && "simulated",
    delay > 0 && `${age(delay, false)} delayed`,
    quiet && "quiet",
  ].filter((fact) => fact !== false);
  return facts.length === 0 ? "" : `(${facts.join(", ")})`;
}

/** The status of each source, since when and why. */
const listed = (sources: readonly SourceState[], now: number) =>
  sources.map((one) => `${one.source} ${statusText(one, now)}.${sentence(one.message)}`).join(" ");

/** What the badge says of prices that come as they should. */
const word = (feed: FeedState) => {
  if (onlyReplayed(feed)) return "Replay";
  return feed.sources.every(({ delay, replayed }) => delay > 0 || replayed) ? "Delayed" : "Live";
};

const leastSilence = 2000; // ms: the eye does not miss shorter ones
const quietGaps = 10; // usual gaps, as the server has it of its sources

/** How long nothing has come, where that is much longer than usual; else null. Silences of a recording mean nothing. */
const quietFor = (feed: FeedState, silence: Silence | null): number | null =>
  silence && !onlyReplayed(feed) && silence.lasts > Math.max(leastSilence, quietGaps * silence.usual)
    ? silence.lasts
    : null;

/**
 * Some source is live. Others that are not are named, except where their market is closed. Where nothing has come for
 * longer than usual, that is said before prices are stale.
 */
function running(feed: FeedState, now: number, silence: Silence | null): Liveness {
  const failing = feed.sources.filter(({ status }) => status !== "live" && status !== "closed");
  const quiet = quietFor(feed, silence);
  if (failing.length === 0 && (feed.quiet || quiet !== null)) {
    const badge = quiet === null ? "Quiet" : `Quiet ${age(quiet, false)}`;
    return { tone: "wait", badge, notice: null, action: null, live: true };
  }
  if (failing.length === 0) return { tone: "live", badge: word(feed), notice: null, action: null, live: true };
  const names = failing.map(({ source }) => source).join(" and ");
  const notice = `${listed(failing, now)} Prices from ${names} are marked.`;
  return { tone: "wait", badge: "Partly live", notice, action: null, live: true };
}

/**
 * Decides whether prices may look live, and what is said if not. Nothing else decides that. `hasPrices`: some price has
 * arrived. `silence` is that of all that is followed, where some of it is live; null otherwise.
 */
export function judge(
  state: Pick<ClientState, "phase" | "synced" | "paused" | "retryAt" | "lostAt" | "reason">,
  feed: FeedState,
  now: number,
  hasPrices = true,
  silence: Silence | null = null,
): Liveness {
  const lost = state.lostAt === null ? "" : `Connection lost ${age(Math.max(0, now - state.lostAt), false)} ago. `;
  const lastReceived = hasPrices ? "The prices below are the last ones received, not live." : "";

  switch (state.phase) {
    case "stopped":
      return notLive({
        tone: "bad",
        badge: "Refused",
        notice: `The server refused this page.${sentence(state.reason)} ${lastReceived}`,
        action: "retry",
      });
    case "offline":
      return notLive({
        tone: "bad",
        badge: "Offline",
        notice: `This device is offline. ${lastReceived}`,
        action: "retry",
      });
    case "waiting": {
      const seconds = Math.max(1, Math.ceil(((state.retryAt ?? now) - now) / 1000));
      return notLive({
        tone: "bad",
        badge: `Reconnecting in ${seconds} s`,
        notice: lost === "" ? "The server does not answer." : `${lost}${lastReceived}`,
        action: "retry",
      });
    }
    case "resting":
      return notLive({ tone: "halt", badge: "Paused", notice: `Paused. ${lastReceived}`, action: "resume" });
    case "idle":
      return notLive({ tone: "halt", badge: "Disconnected", notice: null, action: null });
    case "connecting":
      return lost === ""
        ? notLive({ tone: "wait", badge: "Connecting", notice: null, action: null })
        : // The button stays, so that it keeps the focus. Until the attempt ends, it does nothing.
          notLive({ tone: "bad", badge: "Reconnecting", notice: `${lost}${lastReceived}`, action: "retry" });
    case "open":
      break;
  }

  if (state.paused) {
    return notLive({ tone: "halt", badge: "Paused", notice: `Paused. ${lastReceived}`, action: "resume" });
  }
  if (!state.synced) return notLive({ tone: "wait", badge: "Catching up", notice: null, action: null });

  const said = sentence(feed.message);
  const why = (status: string) =>
    feed.sources.length > 1
      ? listed(feed.sources, now)
      : `The feed ${statusText({ status, since: feed.since }, now)}.${said}`;
  switch (feed.status) {
    case "live":
      return running(feed, now, silence);
    case "stale":
      return notLive({
        tone: "bad",
        badge: "Stale",
        notice: `${why("silent")} ${lastReceived}`,
        action: null,
      });
    case "down":
      return notLive({
        tone: "bad",
        badge: "Feed down",
        notice: `${why("down")} ${lastReceived}`,
        action: null,
      });
    case "closed":
      if (onlyReplayed(feed)) {
        const notice = "The recording has ended. The prices below are its last ones.";
        return notLive({ tone: "halt", badge: "Ended", notice, action: null });
      }
      return notLive({
        tone: "halt",
        badge: "Market closed",
        notice: `The market is closed.${said}${hasPrices ? " The prices below are the last ones traded." : ""}`,
        action: null,
      });
    case "connecting":
      return notLive({
        tone: "wait",
        badge: "Feed connecting",
        notice: `The server is connecting to its feed.${said}`,
        action: null,
      });
    default:
      return notLive({
        tone: "bad",
        badge: `Feed ${feed.status}`,
        notice: `The feed is ${feed.status}.${said} ${lastReceived}`,
        action: null,
      });
  }
}

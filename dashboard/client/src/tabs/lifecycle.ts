import type { Link } from "../connection/link.ts";

const checkEvery = 5000; // ms

/** What the life of a page does to its client. */
export interface Life {
  readonly connect: () => void;
  readonly disconnect: () => void;
  readonly pause: (reason: "hidden") => void;
  readonly resume: (reason: "hidden") => void;
  /** The client's link, which may be another one later. */
  readonly link: () => Pick<Link, "wake" | "networkChanged">;
  /** The clock has jumped: the machine was asleep, or the clock was set. */
  readonly jumped: () => void;
  /** Whether the client is to be connected. */
  readonly connected: () => boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** From 0 up to and without 1. */
  readonly random: () => number;
}

/**
 * Follows the life of the page: it is hidden and shown, it is kept for the back button or frozen and comes back, the network
 * comes back, and the machine has slept, which shows as a jump of the clock. Ends with `signal`.
 */
export function followPage({
  connect,
  disconnect,
  pause,
  resume,
  link,
  jumped,
  connected,
  signal,
  random,
}: Life): void {
  if (signal.aborted) return;
  let away = false;
  let online: ReturnType<typeof setTimeout> | undefined;

  const look = () => {
    if (document.visibilityState === "hidden") pause("hidden");
    else {
      resume("hidden");
      link().wake();
    }
  };
  document.addEventListener("visibilitychange", look, { signal });

  // A page with an open stream is not kept for the back button, and the streams of one that is kept are dead. A page
  // that is frozen answers nobody, so it gives its place to another tab before.
  const leave = () => {
    away ||= connected();
    disconnect();
  };
  const comeBack = () => {
    if (away) connect();
    away = false;
  };
  addEventListener("pagehide", leave, { signal });
  addEventListener("pageshow", ({ persisted }) => persisted && comeBack(), { signal });
  document.addEventListener("freeze", leave, { signal });
  document.addEventListener("resume", comeBack, { signal });

  // All pages on a network get it back at the same moment, so each waits for a random time.
  const found = () => {
    clearTimeout(online);
    online = setTimeout(() => link().networkChanged(), random() * 500);
  };
  addEventListener("online", found, { signal });

  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now < last || now - last > 2 * checkEvery) {
      jumped();
      link().wake();
    }
    last = now;
  }, checkEvery);

  signal.addEventListener("abort", () => {
    clearTimeout(online);
    clearInterval(timer);
  });
  look();
}

import type { Link } from "../connection/link.ts";

const beat = 5000;

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
 * Tells what happens to the page: hidden, shown, put aside for the back button and fetched again, network
 * lost and found, and the machine having slept, which shows as a jump of the clock.
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

  // A page with an open stream cannot be kept for the back button, and a kept one has dead streams.
  const leave = () => {
    away ||= connected();
    disconnect();
  };
  const show = ({ persisted }: PageTransitionEvent) => {
    if (persisted && away) connect();
    away = false;
  };
  addEventListener("pagehide", leave, { signal });
  addEventListener("pageshow", show, { signal });

  // Everyone on a network gets it back in the same moment, so nobody calls at once.
  const found = () => {
    clearTimeout(online);
    online = setTimeout(() => link().networkChanged(), random() * 500);
  };
  addEventListener("online", found, { signal });

  let last = Date.now();
  const heart = setInterval(() => {
    const now = Date.now();
    if (now < last || now - last > 2 * beat) {
      jumped();
      link().wake();
    }
    last = now;
  }, beat);

  signal.addEventListener("abort", () => {
    clearTimeout(online);
    clearInterval(heart);
  });
  look();
}

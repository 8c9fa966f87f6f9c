import type { Line } from "../connection/link.ts";

/** What a page's life asks of its client. */
export interface Follower {
  connect(): void;
  disconnect(): void;
  pause(reason: "hidden"): void;
  resume(reason: "hidden"): void;
}

const beat = 5000;

export interface Life {
  readonly client: Follower;
  /** Its way to the server just now. */
  readonly line: () => Pick<Line, "wake" | "networkChanged">;
  /** The clock has jumped: the machine was asleep, or it was set. */
  readonly jumped: () => void;
  readonly connected: () => boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly random: () => number;
}

/**
 * Tells what happens to the page: hidden, shown, put aside for the back button and fetched again, network
 * lost and found, and the machine having slept, which shows as a jump of the clock.
 */
export function followPage({ client, line, jumped, connected, signal, random }: Life): void {
  if (signal.aborted) return;
  let away = false;
  let online: ReturnType<typeof setTimeout> | undefined;

  const look = () => {
    if (document.visibilityState === "hidden") client.pause("hidden");
    else {
      client.resume("hidden");
      line().wake();
    }
  };
  document.addEventListener("visibilitychange", look, { signal });

  // A page with an open stream cannot be kept for the back button, and a kept one has dead streams.
  const hide = () => {
    away ||= connected();
    client.disconnect();
  };
  const show = ({ persisted }: PageTransitionEvent) => {
    if (persisted && away) client.connect();
    away = false;
  };
  addEventListener("pagehide", hide, { signal });
  addEventListener("pageshow", show, { signal });

  // Everyone on a network gets it back in the same moment, so nobody calls at once.
  const found = () => {
    clearTimeout(online);
    online = setTimeout(() => line().networkChanged(), random() * 500);
  };
  addEventListener("online", found, { signal });

  let last = Date.now();
  const heart = setInterval(() => {
    const now = Date.now();
    if (now < last || now - last > 2 * beat) {
      jumped();
      line().wake();
    }
    last = now;
  }, beat);

  signal.addEventListener("abort", () => {
    clearTimeout(online);
    clearInterval(heart);
  });
  look();
}

/** What a page's life asks of its connection. */
export interface Follower {
  connect(): void;
  disconnect(): void;
  pause(reason: "hidden"): void;
  resume(reason: "hidden"): void;
  networkChanged(): void;
  wake(): void;
  /** The clock has jumped: the machine was asleep, or it was set. */
  jumped(): void;
}

const beat = 5000;

/**
 * Tells what happens to the page: hidden, shown, put aside for the back button and fetched again, network
 * lost and found, and the machine having slept, which shows as a jump of the clock. Returns what ends it.
 */
export function followPage(follower: Follower, connected: () => boolean, random = Math.random): () => void {
  const listeners = new AbortController();
  const { signal } = listeners;
  let away = false;
  let online: ReturnType<typeof setTimeout> | undefined;

  const look = () => {
    if (document.visibilityState === "hidden") follower.pause("hidden");
    else {
      follower.resume("hidden");
      follower.wake();
    }
  };
  document.addEventListener("visibilitychange", look, { signal });

  // A page with an open stream cannot be kept for the back button, and a kept one has dead streams.
  const hide = () => {
    away ||= connected();
    follower.disconnect();
  };
  const show = ({ persisted }: PageTransitionEvent) => {
    if (persisted && away) follower.connect();
    away = false;
  };
  addEventListener("pagehide", hide, { signal });
  addEventListener("pageshow", show, { signal });

  // Everyone on a network gets it back in the same moment, so nobody calls at once.
  const found = () => {
    clearTimeout(online);
    online = setTimeout(() => follower.networkChanged(), random() * 500);
  };
  addEventListener("online", found, { signal });

  let last = Date.now();
  const heart = setInterval(() => {
    const now = Date.now();
    if (now < last || now - last > 2 * beat) {
      follower.jumped();
      follower.wake();
    }
    last = now;
  }, beat);

  look();
  return () => {
    clearTimeout(online);
    clearInterval(heart);
    listeners.abort();
  };
}

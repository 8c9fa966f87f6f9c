import type { Connection } from "../connection.ts";

/** Tells the connection what happens to the page: hidden, shown, put aside by the browser, network lost and found. */
export function followPage(connection: Connection): () => void {
  const listeners = new AbortController();
  const { signal } = listeners;

  const look = () => {
    if (document.visibilityState === "hidden") connection.pause("hidden");
    else {
      connection.resume("hidden");
      connection.wake();
    }
  };
  document.addEventListener("visibilitychange", look, { signal });

  // A page with an open stream cannot be kept for the back button, and a kept one has dead streams.
  window.addEventListener("pagehide", () => connection.disconnect(), { signal });
  window.addEventListener(
    "pageshow",
    (event) => {
      if (event.persisted) connection.connect();
    },
    { signal },
  );

  // Everyone on a network gets it back in the same moment, so nobody calls at once.
  let timer: ReturnType<typeof setTimeout> | undefined;
  window.addEventListener(
    "online",
    () => {
      clearTimeout(timer);
      timer = setTimeout(() => connection.networkChanged(), Math.random() * 500);
    },
    { signal },
  );

  look();
  return () => {
    clearTimeout(timer);
    listeners.abort();
  };
}

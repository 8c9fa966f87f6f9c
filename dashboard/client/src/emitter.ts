/**
 * Calls a function of the program. What it throws is reported as an uncaught error is, and harms nobody else.
 */
export function call<Event>(listener: (event: Event) => void, event: Event): void {
  try {
    listener(event);
  } catch (error) {
    // Node has no reportError.
    if (typeof reportError === "function") reportError(error);
    else console.error(error);
  }
}

/** Calls listeners by the name of an event. A listener that is taken away is not called any more. */
export function createEmitter<Events extends object>() {
  const listeners: { [K in keyof Events]?: Set<(event: Events[K]) => void> } = {};
  let closed = false;
  return {
    /** Calls `listener` at each event of this name. Returns the function that takes it away again. */
    on<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): () => void {
      // A wrapper: a function that is added twice is called twice, and taken away once at a time.
      const own = (event: Events[K]) => listener(event);
      const set = listeners[name] ?? new Set();
      listeners[name] = set;
      if (!closed) set.add(own);
      return () => set.delete(own);
    },
    /** Calls the listeners, in their order. One that throws is reported, and the others are called all the same. */
    emit<K extends keyof Events>(name: K, event: Events[K]): void {
      const set = listeners[name];
      for (const listener of [...(set ?? [])]) if (set?.has(listener)) call(listener, event);
    },
    /** Whether an event has listeners. */
    heard: (name: keyof Events): boolean => !!listeners[name]?.size,
    /** Takes all listeners away, and lets no others come. */
    close(): void {
      closed = true;
      for (const name in listeners) listeners[name]?.clear();
    },
  };
}

/** Listeners by event name. */
export type Emitter<Events extends object> = ReturnType<typeof createEmitter<Events>>;

/** Calls listeners by the name of an event. A listener may be taken away while it is called. */
export function createEmitter<Events extends object>() {
  let listeners: { [K in keyof Events]?: Set<(event: Events[K]) => void> } = {};
  return {
    /** Calls `listener` at each event of this name. Returns the function that takes it away again. */
    on<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): () => void {
      listeners[name] ??= new Set();
      const set = listeners[name].add(listener);
      return () => set.delete(listener);
    },
    /** Calls the listeners, in their order. */
    emit<K extends keyof Events>(name: K, event: Events[K]): void {
      for (const listener of [...(listeners[name] ?? [])]) listener(event);
    },
    /** Whether an event has listeners. */
    heard: (name: keyof Events): boolean => !!listeners[name]?.size,
    /** Takes all listeners away. */
    clear(): void {
      listeners = {};
    },
  };
}

/** Listeners by event name. */
export type Emitter<Events extends object> = ReturnType<typeof createEmitter<Events>>;

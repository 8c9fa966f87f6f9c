/** Calls listeners by event name. A listener may leave while it is being called. */
export function createEmitter<Events extends object>() {
  const listeners: { [K in keyof Events]?: Set<(event: Events[K]) => void> } = {};
  return {
    /** Returns the function that takes the listener away again. */
    on<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): () => void {
      let set = listeners[name];
      if (!set) {
        set = new Set();
        listeners[name] = set;
      }
      set.add(listener);
      return () => set.delete(listener);
    },
    emit<K extends keyof Events>(name: K, event: Events[K]): void {
      const set = listeners[name];
      if (set) for (const listener of [...set]) listener(event);
    },
    heard: (name: keyof Events): boolean => (listeners[name]?.size ?? 0) > 0,
    clear(): void {
      for (const name of Object.keys(listeners) as (keyof Events)[]) delete listeners[name];
    },
  };
}

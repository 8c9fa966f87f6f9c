/** Calls listeners by event name. A listener may leave while it is being called. */
export function createEmitter<Events extends object>() {
  let listeners: { [K in keyof Events]?: Set<(event: Events[K]) => void> } = {};
  return {
    /** Returns the function that takes the listener away again. */
    on<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): () => void {
      listeners[name] ??= new Set();
      const set = listeners[name].add(listener);
      return () => set.delete(listener);
    },
    emit<K extends keyof Events>(name: K, event: Events[K]): void {
      for (const listener of [...(listeners[name] ?? [])]) listener(event);
    },
    heard: (name: keyof Events): boolean => !!listeners[name]?.size,
    clear(): void {
      listeners = {};
    },
  };
}

/** Listeners by event name. */
export type Emitter<Events extends object> = ReturnType<typeof createEmitter<Events>>;

import { call } from "../emitter.ts";
import type { EventSourceLike } from "../options.ts";

type Listener = (event: { readonly data?: unknown; readonly lastEventId?: string }) => void;

/** An event source for where there is none, as in Node: it reads a fetch, and does not retry. */
export function createEventStream(fetch: typeof globalThis.fetch, url: string): EventSourceLike {
  const abort = new AbortController();
  const listeners = new Map<string, Set<Listener>>();
  const emit = (type: string, event: Parameters<Listener>[0]) => {
    for (const listener of listeners.get(type) ?? []) call(listener, event);
  };

  const read = async () => {
    const response = await fetch(url, { headers: { accept: "text/event-stream" }, signal: abort.signal });
    if (!response.ok || !response.body) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let type = "";
    let data: string[] = [];
    let lastEventId = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (abort.signal.aborted) return;
        const [, field, text = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
        if (line === "") {
          if (data.length > 0) emit(type || "message", { data: data.join("\n"), lastEventId });
          type = "";
          data = [];
        } else if (field === "event") type = text;
        else if (field === "data") data.push(text);
        else if (field === "id") lastEventId = text;
      }
    }
  };

  read()
    .catch(() => {})
    .finally(() => {
      if (!abort.signal.aborted) emit("error", {});
    });

  return {
    addEventListener(type, listener) {
      const set = listeners.get(type) ?? new Set();
      listeners.set(type, set.add(listener as Listener));
    },
    close: () => abort.abort(),
  };
}

import { expect, test, vi } from "vitest";
import { createEventStream } from "./eventstream.ts";

const serve = (chunks: readonly (string | Uint8Array)[], status = 200) => {
  const encoder = new TextEncoder();
  const asked: { url: string; signal: AbortSignal | null | undefined }[] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => {
    asked.push({ url: String(url), signal: init?.signal });
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
        controller.close();
      },
    });
    return new Response(body, { status });
  };
  const heard: unknown[] = [];
  const source = createEventStream(fetch, "http://host/events");
  for (const type of ["hello", "update", "message", "error"]) {
    source.addEventListener(type, (event) => {
      heard.push([type, "data" in event ? event.data : null, "lastEventId" in event ? event.lastEventId : null]);
    });
  }
  return { heard, source, asked };
};

test("events are emitted by their name, with the last id, whatever the chunks and the ends of lines are", async () => {
  const { heard } = serve([
    "retry: 1000\n\nevent: hello\nda",
    'ta: {"a":1}\n\n:comment\nevent: update\r\ndata: one\r\ndata: two\r',
    "\nid: e-5\r\n\r\n",
    "data: plain\n\n",
    "event: update\ndata: cut off",
  ]);
  await vi.waitFor(() => expect(heard.at(-1)).toEqual(["error", null, null]));
  expect(heard).toEqual([
    ["hello", '{"a":1}', ""],
    ["update", "one\ntwo", "e-5"],
    ["message", "plain", "e-5"],
    ["error", null, null],
  ]);
});

test("a character that is cut by a chunk stays whole", async () => {
  const bytes = new TextEncoder().encode("data: €\n\n");
  const { heard } = serve([bytes.slice(0, 7), bytes.slice(7)]);
  await vi.waitFor(() => expect(heard).toContainEqual(["message", "€", ""]));
});

test("a refusal is an error, and one that was closed emits nothing", async () => {
  const refused = serve([], 503);
  await vi.waitFor(() => expect(refused.heard).toEqual([["error", null, null]]));
  const closed = serve(["data: x\n\n"]);
  closed.source.close();
  await vi.waitFor(() => expect(closed.asked[0]?.signal?.aborted).toBe(true));
  expect(closed.heard).toEqual([]);
});

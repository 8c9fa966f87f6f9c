import { expect, test, vi } from "vitest";
import { createApi } from "./api.ts";

const answering = (body: unknown, status = 200) => {
  const urls: string[] = [];
  const fetch = async (url: string) => {
    urls.push(url);
    return new Response(JSON.stringify(body), { status });
  };
  return { api: createApi({ fetch }), urls };
};

test("a search is escaped", async () => {
  const { api, urls } = answering({ symbols: [{ symbol: "T" }] });
  expect(await api.search("at&t", 5, AbortSignal.timeout(1000))).toEqual([{ symbol: "T" }]);
  expect(urls).toEqual(["api/symbols?query=at%26t&limit=5"]);
});

test("many symbols are described in several requests", async () => {
  const { api, urls } = answering({ symbols: [] });
  await api.describe(Array.from({ length: 900 }, (_, i) => `S${i}`));
  expect(urls).toHaveLength(3);
  for (const url of urls) expect(url.length).toBeLessThan(8000);
});

test("an answer that is not one is an error", async () => {
  await expect(answering({}, 500).api.watchlists()).rejects.toThrow("HTTP 500");
});

test.each([
  [200, true],
  [503, false],
  [502, false],
])("a server that answers its health with %d is reachable: %s", async (status, reachable) => {
  expect(await answering({}, status).api.reachable()).toBe(reachable);
});

test("no answer is no server", async () => {
  const api = createApi({ fetch: vi.fn().mockRejectedValue(new TypeError("refused")) });
  expect(await api.reachable()).toBe(false);
});

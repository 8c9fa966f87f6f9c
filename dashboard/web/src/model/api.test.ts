import { expect, test } from "vitest";
import { createApi, parseCloses, parseSymbols, parseWatchlists } from "./api.ts";

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

test("sparklines are asked for together, and few keys of them", async () => {
  const body = { series: [{ symbol: "A", bars: [{ t: 5_000_000, c: 2 }, { t: 6_000_000 }] }] };
  const { api, urls } = answering(body);
  expect([...(await api.closes(["A", "BRK.B"], "5m", 78))]).toEqual([["A", [[5000, 2]]]]);
  expect(urls).toEqual(["api/bars?symbols=A,BRK.B&interval=5m&from=day&fields=t,c&limit=78"]);
});

test("answers of another shape are empty, not errors", () => {
  expect(parseSymbols({ symbols: [{ symbol: "A" }, { name: "no symbol" }, 3] })).toEqual([{ symbol: "A" }]);
  expect(parseSymbols(null)).toEqual([]);
  const lists = [
    { name: "t", symbols: ["A"] },
    { name: "u", symbols: [1] },
  ];
  expect(parseWatchlists({ watchlists: lists, default: "t" })).toEqual({
    watchlists: [{ name: "t", symbols: ["A"] }],
    default: "t",
  });
  expect(parseWatchlists(4)).toEqual({ watchlists: [] });
  expect(parseCloses({ series: [{ bars: [] }, { symbol: "A", bars: "x" }] }).get("A")).toEqual([]);
});

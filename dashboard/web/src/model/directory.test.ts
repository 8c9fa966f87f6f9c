import { expect, test, vi } from "vitest";
import { createDirectory } from "./directory.ts";

const setup = () => {
  const everything = vi.fn(async () => [{ symbol: "A", sector: "Tech" }]);
  return { everything, directory: createDirectory({ api: { everything, describe: async () => [] }, changed() {} }) };
};

test("all records are asked for once, however often the menu is opened", async () => {
  const { directory, everything } = setup();
  await Promise.all([directory.loadAll(), directory.loadAll()]);
  await directory.loadAll();
  directory.retry();
  expect(everything).toHaveBeenCalledTimes(1);
  expect(directory.all.value).toEqual([{ symbol: "A", sector: "Tech" }]);
});

test("all records are asked for again when the server was started anew", async () => {
  const { directory, everything } = setup();
  await directory.loadAll();
  directory.expire();
  directory.retry();
  await directory.loadAll();
  expect(everything).toHaveBeenCalledTimes(2);
});

test("an answer of the run before is asked for again", async () => {
  const { directory, everything } = setup();
  const loading = directory.loadAll();
  directory.expire();
  await loading;
  await directory.loadAll();
  expect(everything).toHaveBeenCalledTimes(2);
});

test("all records are asked for again when that failed, or there were none", async () => {
  const { directory, everything } = setup();
  directory.retry(); // nobody has wanted them yet
  expect(everything).not.toHaveBeenCalled();
  everything.mockRejectedValueOnce(new Error("HTTP 503"));
  await directory.loadAll();
  expect(directory.all.value).toBeNull();
  everything.mockResolvedValueOnce([]);
  await directory.loadAll();
  expect(directory.all.value).toEqual([]);
  await directory.loadAll();
  expect(directory.all.value).toHaveLength(1);
  expect(everything).toHaveBeenCalledTimes(3);
});

import { expect, test } from "vitest";
import { readAddress } from "./address.ts";

test("an address without anything asks for nothing", () => {
  expect(readAddress("")).toEqual({ symbols: null, name: null, sort: undefined });
  expect(readAddress("?s=&sort=shoes&list=%20")).toEqual({ symbols: null, name: null, sort: undefined });
  expect(readAddress("?s=*").symbols).toEqual(["*"]);
  expect(readAddress("?s=M%26M,A%23B+ES1!").symbols).toEqual(["M&M", "A#B", "ES1!"]);
  expect(readAddress("?s=aapl&sort=last")).toMatchObject({
    symbols: ["aapl"], // as it is written: the server knows how it is spelled
    sort: { column: "last", direction: "ascending" },
  });
});

import { expect, test } from "vitest";
import { formatAddress, readAddress } from "./address.ts";

test("an address comes back as it was made", () => {
  const shown = {
    symbols: ["AAPL", "BRK.B", "^GSPC"],
    name: "Tech & more",
    sort: { column: "percent", direction: "descending" },
  } as const;
  const url = formatAddress("http://host/prices/?s=OLD#AAPL", shown);
  expect(url).toBe("http://host/prices/?s=AAPL,BRK.B,%5EGSPC&list=Tech%20%26%20more&sort=-percent");
  expect(readAddress(new URL(url).search)).toEqual(shown);
  expect(formatAddress(url, { symbols: null, name: null, sort: undefined })).toBe("http://host/prices/");
});

test("an address without anything asks for nothing", () => {
  expect(readAddress("")).toEqual({ symbols: null, name: null, sort: undefined });
  expect(readAddress("?s=&sort=shoes&list=%20")).toEqual({ symbols: null, name: null, sort: undefined });
  expect(readAddress("?s=*").symbols).toEqual(["*"]);
  expect(readAddress("?s=aapl&sort=last")).toMatchObject({
    symbols: ["aapl"], // as it is written: the server knows how it is spelled
    sort: { column: "last", direction: "ascending" },
  });
});
